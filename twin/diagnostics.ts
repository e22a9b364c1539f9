import type { Outcome } from './bay.ts'
import type { Charger } from './charger.ts'
import type { PendingCommand } from './link.ts'

/** What a diagnostic command leads to, or the reason why it is rejected. */
type Plan = (() => Promise<Outcome>) | string

type Params = Record<string, unknown>

/** How long things take, in simulated seconds. */
const BOOT = 20
const RECONNECT = 3
const SELF_TEST = 120
const CALIBRATION = 10
const MODULE_RESET = 5
const LOOK_AGAIN = 1

const DONE: Outcome = { status: 'completed' }
const SWITCHED_OFF: Outcome = { status: 'failed', message: 'the charger was switched off' }

/** How a charger obeys the commands that look into it or bring it round; undefined for any other command. */
export function planDiagnostic(charger: Charger, { command, params }: PendingCommand): Plan | undefined {
  switch (command) {
    case 'reboot':
      return () => restart(charger, 'reboot', () => charger.disconnect(BOOT))
    case 'soft_reset':
      return () => restart(charger, 'soft_reset', async () => recover(charger))
    case 'force_reconnect':
      return async () => {
        await charger.disconnect(RECONNECT)
        return DONE
      }
    case 'fetch_logs':
      return fetchLogs(charger, params)
    case 'run_self_test':
      return charger.activeBays > 0 ? 'a session is running' : () => testSelf(charger)
    case 'calibrate_sensor':
      return calibrate(charger, params)
    case 'reset_contactor_counter':
      return resetContactor(charger, params)
    case 'reset_fan_counter':
      return async () => DONE
    case 'reset_power_module':
      return resetModule(charger, params)
    default:
      return undefined
  }
}

/** Ends what runs, waits until it is accounted for, and begins anew. */
async function restart(charger: Charger, reason: string, begin: () => Promise<void>): Promise<Outcome> {
  for (const bay of charger.bays) if (bay.connector.active) bay.stop(reason)
  while (charger.activeBays > 0) if (!(await charger.wait(LOOK_AGAIN))) return SWITCHED_OFF
  await begin()
  return DONE
}

function recover(charger: Charger): void {
  for (const bay of charger.bays) if (bay.connector.fault !== undefined) bay.recover()
}

function fetchLogs(charger: Charger, { upload_url, since, until }: Params): Plan {
  if (typeof upload_url !== 'string' || !URL.canParse(upload_url)) return 'upload_url is missing'
  const instant = (text: unknown) => (typeof text === 'string' ? Date.parse(text) : undefined)
  return async () => {
    const lines = charger.journal.read(instant(since), instant(until))
    const answer = await charger.setup.link.uploadLog(upload_url, `${lines.join('\n')}\n`)
    if (answer.status === 200) return { ...DONE, details: { lines: lines.length } }
    return { status: 'failed', message: `the upload was answered with ${answer.status}` }
  }
}

async function testSelf(charger: Charger): Promise<Outcome> {
  for (const bay of charger.bays) bay.setTesting(true)
  const finished = await charger.wait(SELF_TEST)
  const faulty = charger.bays.filter(({ connector }) => connector.fault !== undefined)
  for (const bay of charger.bays) bay.setTesting(false)
  if (!finished) return SWITCHED_OFF
  const tests = [
    { name: 'control_board', passed: true },
    { name: 'isolation', passed: true },
    { name: 'cooling_fan', passed: true },
    ...charger.bays.map(bay => ({ name: `connector_${bay.connector.id}`, passed: !faulty.includes(bay) })),
  ]
  return { ...DONE, details: { passed: faulty.length === 0, tests } }
}

function calibrate(charger: Charger, { sensor, reference_value, technician_on_site }: Params): Plan {
  if (technician_on_site !== true) return 'nobody is on site'
  if (typeof reference_value !== 'number') return 'reference_value is missing'
  return async () => {
    if (!(await charger.wait(CALIBRATION))) return SWITCHED_OFF
    return { ...DONE, details: { sensor, reference_value } }
  }
}

function resetContactor(charger: Charger, { contactor = 'main' }: Params): Plan {
  if (contactor !== 'main' && contactor !== 'discharge') return `this charger has no contactor ${contactor}`
  if (contactor === 'discharge' && charger.model.dischargePower === 0) return 'this charger cannot discharge'
  return async () => {
    charger.parts.reset(contactor)
    for (const bay of charger.bays) bay.tellHealth()
    return DONE
  }
}

function resetModule(charger: Charger, { module }: Params): Plan {
  if (typeof module !== 'string' || module === '') return 'module is missing'
  return async () => {
    if (!(await charger.wait(MODULE_RESET))) return SWITCHED_OFF
    return { ...DONE, details: { module } }
  }
}
