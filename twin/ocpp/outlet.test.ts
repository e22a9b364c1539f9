import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Clock } from '../clock.ts'
import { Connector } from '../connector.ts'
import { Random } from '../random.ts'
import type { Dialect } from './dialect.ts'
import { Outlet } from './outlet.ts'
import type { Reading } from './readings.ts'
import { OcppReport } from './report.ts'
import { DRIVERS } from './tokens.ts'

const REGISTER = 'Energy.Active.Import.Register'
const nothing = async () => undefined

test('the meter that a session begins and ends with accounts for its energy, however slow the machine is', async () => {
  // A second passes between any two looks at the clock.
  let looks = 0
  const began = Date.now()
  const clock = new Clock(720, 10, () => began + 1000 * looks++)
  const closing = new AbortController()
  const report = new OcppReport('ocpp2.0.1')
  const told: number[] = []
  const tell = (_: unknown, readings: Reading[]) => {
    told.push(readings.find(({ measurand }) => measurand === REGISTER)!.value)
  }
  const dialect: Dialect = {
    protocol: 'ocpp2.0.1',
    boot: nothing,
    heartbeat: nothing,
    tellStatus: nothing,
    authorize: nothing,
    begin: tell,
    measure: () => {},
    change: () => {},
    end: (_, readings) => {
      tell(_, readings)
      closing.abort()
    },
    tellMeter: nothing,
    tellSecurity: nothing,
    complete: ({ payload }) => payload,
    taken: () => undefined,
    obey: () => ({}),
  }
  const connector = new Connector({
    id: 1,
    supply: 'DC',
    rating: 150,
    givesBack: false,
    share: () => ({ charge: 150, discharge: 0 }),
    meter: 1000,
    random: new Random('power'),
  })
  const outlet = new Outlet(
    {
      connector,
      clock,
      report,
      random: new Random('visits'),
      dialect: () => dialect,
      authorize: async () => true,
      begun: () => {},
      ended: () => {},
      allowed: () => 150,
      measurands: () => [REGISTER],
      sampleEvery: () => 60_000,
      arrivalsPerHour: 1,
      occupied: 1,
      occupiedWithin: 30,
      drivers: DRIVERS,
      closing: closing.signal,
    },
    true,
  )
  await outlet.live()
  const [first, last] = told
  assert.equal(told.length, 2)
  assert.ok(report.energy > 1, `${report.energy} kWh`)
  assert.ok(
    Math.abs(last! - first! - 1000 * report.energy) <= 2,
    `${last! - first!} Wh told, ${report.energy} kWh flown`,
  )
})
