import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connector, type ConnectorSetup, type Order, type Sample } from './connector.ts'
import { parseCurve } from './curve.ts'
import { Random } from './random.ts'
import type { Vehicle } from './vehicle.ts'

const START = Date.parse('2026-05-10T14:00:00Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const CHARGE: Order = { mode: 'charge', power: Number.POSITIVE_INFINITY, targetSoc: 80 }

function plugged(setup: Partial<ConnectorSetup> = {}, vehicle: Partial<Vehicle> = {}): Connector {
  const connector = new Connector({
    id: 1,
    supply: 'DC',
    rating: 180,
    givesBack: true,
    share: () => ({ charge: 180, discharge: 60 }),
    meter: 1000,
    random: new Random('test'),
    ...setup,
  })
  const model = {
    name: 'Test',
    capacity: 60,
    acPower: 11,
    acPhases: 3,
    dcCurve: parseCurve('0:120 50:120 80:60 100:6'),
  }
  connector.vehicle = { model, vin: 'TWNSVM00000000001', soc: 20, wantedSoc: 80, dischargePower: 50, ...vehicle }
  return connector
}

/** Runs the session to its end or for so many minutes, with a sample every 5 seconds. */
function run(connector: Connector, minutes: number, from = START): Sample[] {
  const samples: Sample[] = []
  for (let now = from; now <= from + minutes * MINUTE && connector.active; now += 5000)
    samples.push(connector.sample(now))
  return samples
}

test('the energy of a record is the sum of power and time over its samples', () => {
  const connector = plugged()
  connector.begin(CHARGE, START)
  const samples = run(connector, 120)
  const { at, reason } = connector.session!.over!
  assert.equal(reason, 'soc_target_reached')
  // The session ended within the step of the last sample that shows it running.
  const times = [
    ...samples.filter(({ state }) => state === 'charging').map(({ timestamp }) => Date.parse(timestamp)),
    at,
  ]
  const sum = times
    .slice(0, -1)
    .reduce((energy, time, index) => energy + (samples[index]!.power * (times[index + 1]! - time)) / HOUR, 0)
  const record = connector.settleAccount()
  assert.ok(Math.abs(sum - record.energy) < 0.001, `${sum} is not ${record.energy}`)
  assert.equal(samples.at(-1)!.energy_delivered, record.energy)
  assert.equal(record.meter_start, 1000)
  assert.equal(record.meter_end, Math.round((1000 + record.energy) * 1000) / 1000)
  assert.equal(record.cost, Math.round(record.energy * 35) / 100)
  assert.deepEqual(record.vehicle_info, { vin: 'TWNSVM00000000001', soc_start: 20, soc_end: 80 })
  // 60 % of 60 kWh, and 5 % lost on the way.
  assert.ok(Math.abs(record.energy - 36 / 0.95) < 0.01)
})

test('power tapers with the state of charge', () => {
  const connector = plugged({}, { soc: 45 })
  connector.begin({ ...CHARGE, targetSoc: 95 }, START)
  const samples = run(connector, 120).filter(({ state }) => state === 'charging')
  assert.ok(samples[0]!.power > 118)
  assert.ok(samples.at(-1)!.power < 25)
  for (const { power, voltage, current } of samples) assert.ok(Math.abs(voltage * current - power * 1000) < 400)
})

test('power stays under the charger, the order, the limit and the schedule, whichever is lowest', () => {
  const connector = plugged({ share: () => ({ charge: 90, discharge: 60 }) })
  const power = (now: number) => connector.sample(now).power
  const near = (value: number, ceiling: number) =>
    assert.ok(value <= ceiling && value >= ceiling * 0.99, `${value} of ${ceiling}`)
  connector.begin(CHARGE, START)
  near(power(START), 90)
  connector.redirect({ mode: 'charge', power: 70, targetSoc: 80 }, START + 1000)
  near(power(START + 1000), 70)
  connector.limit(11, START + 61_000, START + 2000)
  near(power(START + 2000), 11)
  near(power(START + 70_000), 70)
  connector.schedule = { zone: 'UTC', slots: [{ start: '14:00', end: '15:00', action: 'charge', power_limit: 7 }] }
  near(power(START + 80_000), 7)
})

test('a limit of 0 kW holds the session, and lifting it goes on', () => {
  const connector = plugged()
  connector.begin(CHARGE, START)
  connector.limit(0, Number.POSITIVE_INFINITY, START + MINUTE)
  const held = connector.sample(START + 2 * MINUTE)
  assert.equal(held.power, 0)
  assert.equal(held.state, 'charging')
  connector.limit(180, Number.POSITIVE_INFINITY, START + 10 * MINUTE)
  assert.equal(connector.sample(START + 10 * MINUTE).energy_delivered, held.energy_delivered)
  assert.ok(connector.power > 100)
})

test('discharging is negative power, does not lower the energy delivered, and is revenue', () => {
  const connector = plugged({}, { soc: 60 })
  connector.begin({ mode: 'discharge', power: 40, minSoc: 30, seconds: 900 }, START)
  const samples = run(connector, 60).filter(({ state }) => state === 'discharging')
  for (const { power, current, energy_delivered } of samples) {
    assert.equal(power, -40)
    assert.ok(current < 0)
    assert.equal(energy_delivered, 0)
  }
  const record = connector.settleAccount()
  assert.equal(record.stop_reason, 'discharge_complete')
  assert.equal(record.energy, 0)
  assert.equal(record.discharge_energy, 10)
  assert.equal(record.cost, -2.7)
  assert.equal(record.avg_power, -40)
  assert.equal(record.max_power, 40)
  assert.equal(record.meter_end, record.meter_start)
})

test('a discharge ends at min_soc, and charging follows where the driver wants it', () => {
  const alone = plugged({}, { soc: 32 })
  alone.begin({ mode: 'discharge', power: 50, minSoc: 30, seconds: 36_000 }, START)
  run(alone, 60)
  assert.equal(alone.settleAccount().stop_reason, 'min_soc_reached')
  const followed = plugged({}, { soc: 32 })
  const thenCharge = { power: Number.POSITIVE_INFINITY, targetSoc: 40 }
  followed.begin({ mode: 'discharge', power: 50, minSoc: 30, seconds: 36_000, thenCharge }, START)
  assert.deepEqual([...new Set(run(followed, 60).map(({ state }) => state))], ['discharging', 'charging', 'idle'])
  assert.equal(followed.settleAccount().vehicle_info!.soc_end, 40)
})

test('AC reports the phases that the vehicle uses', () => {
  const connector = plugged({ supply: 'AC', rating: 22, givesBack: false, share: () => ({ charge: 22, discharge: 0 }) })
  connector.begin(CHARGE, START)
  const { power, voltage, phase_details: phases } = connector.sample(START)
  assert.ok(power <= 11 && power > 10.8)
  assert.equal(voltage, 400)
  assert.ok(Math.abs(phases!.phase_a!.current - 15.9) < 0.2)
  connector.finish('user_request', START + HOUR)
  assert.equal(connector.settleAccount().vehicle_info!.vin, undefined)
})

test('no two samples carry the same time', () => {
  const connector = plugged()
  const times = [START, START, START + 0.4].map(now => connector.sample(now).timestamp)
  assert.equal(new Set(times).size, 3)
})

test('a fault shows in the sample and stops the flow', () => {
  const connector = plugged()
  connector.begin(CHARGE, START)
  connector.advance(START + MINUTE)
  connector.fault = 'F-0411'
  connector.finish('fault_F-0411', START + MINUTE)
  const sample = connector.sample(START + MINUTE)
  assert.deepEqual([sample.state, sample.power, sample.fault_code], ['fault', 0, 'F-0411'])
})
