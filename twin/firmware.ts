import type { Outcome } from './bay.ts'
import type { Charger } from './charger.ts'

/** Simulated seconds that the steps of an upgrade take. */
const DOWNLOAD_STEP = 8
const INSTALL = 25
/** How long an upgrade waits for running sessions, and how often it looks, in simulated seconds. */
const PATIENCE = 1800
const LOOK_AGAIN = 5

/** Downloads a version, waits until no session runs, and installs it; tells the platform each step. */
export async function upgrade(charger: Charger, version: string): Promise<Outcome> {
  const { link } = charger.setup
  const fail = (message: string): Outcome => {
    link.sendFirmwareStatus({ firmware_version: version, status: 'failed', message })
    return { status: 'failed', message }
  }
  for (const progress of [0, 35, 70, 100]) {
    link.sendFirmwareStatus({ firmware_version: version, status: 'downloading', progress })
    if (!(await charger.wait(DOWNLOAD_STEP))) return fail('the charger was switched off')
  }
  for (let waited = 0; charger.activeBays > 0; waited += LOOK_AGAIN) {
    if (waited >= PATIENCE) return fail('a session was running all the time')
    if (!(await charger.wait(LOOK_AGAIN))) return fail('the charger was switched off')
  }
  link.sendFirmwareStatus({ firmware_version: version, status: 'upgrading', progress: 0 })
  if (!(await charger.wait(INSTALL))) return fail('the charger was switched off')
  charger.setup.state.firmware_version = version
  link.sendFirmwareStatus({ firmware_version: version, status: 'success', progress: 100 })
  return { status: 'completed', details: { firmware_version: version } }
}
