import { FAULTS } from '../faults.ts'
import type { Random } from '../random.ts'
import type { Station } from './station.ts'

const SECOND = 1000
/** How often a setting is looked at that is off, in simulated milliseconds. */
const LOOK_AGAIN = 60 * SECOND

/** Values at times of the clock, for those who ask for them. */
export async function readByTheClock(station: Station): Promise<void> {
  const { settings, setup, outlets, dialect } = station
  const { clock, closing } = setup
  for (;;) {
    const every = settings.number('ClockAlignedDataInterval') * SECOND
    const next = every === 0 ? clock.now() + LOOK_AGAIN : (Math.floor(clock.now() / every) + 1) * every
    if (!(await clock.until(next, closing))) return
    if (every === 0 || !station.online) continue
    for (const outlet of outlets) await dialect.tellMeter(outlet, outlet.read(), 'Sample.Clock')
  }
}

/** Faults, one at a time. */
export async function breakDown(station: Station, random: Random): Promise<void> {
  const { outlets, setup } = station
  const { report, habits } = setup
  while (await station.wait(random.untilNext(habits.faultRate) * 3600)) {
    const fault = random.pick(FAULTS.filter(({ severity }) => severity === 'error'))
    const outlet = outlets.find(({ transaction }) => transaction !== undefined) ?? random.pick(outlets)
    report.faults++
    station.write(`${fault.code} ${fault.message}`)
    outlet.fail(fault)
    await station.wait(random.between(60, 600))
    outlet.recover()
  }
}

/** Losses of the connection. Sessions go on; what was measured is told afterwards. */
export async function roam(station: Station, random: Random): Promise<void> {
  const { report, habits } = station.setup
  while (await station.wait(random.untilNext(habits.reconnectRate) * 3600)) {
    station.write('disconnected')
    station.line.hangUp(random.chance(0.5))
    await station.wait(random.between(20, 180))
    station.line.open()
    report.reconnects++
  }
}
