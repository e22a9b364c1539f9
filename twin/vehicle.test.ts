import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCurve } from './curve.ts'
import { Random } from './random.ts'
import { acceptedPower, drawVehicle, socPerHour, type Vehicle } from './vehicle.ts'

const model = { name: 'Test', capacity: 50, acPower: 11, acPhases: 3, dcCurve: parseCurve('0:100 50:100 100:4') }
const vehicle = (soc: number): Vehicle => ({ model, vin: 'TWNSVM', soc, wantedSoc: 80, dischargePower: 0 })

test('DC power follows the curve and AC power the on-board charger, until the battery takes less', () => {
  assert.equal(acceptedPower(vehicle(20), 'DC'), 100)
  assert.equal(acceptedPower(vehicle(75), 'DC'), 52)
  assert.equal(acceptedPower(vehicle(20), 'AC'), 11)
  assert.ok(acceptedPower(vehicle(99), 'AC') < 6)
})

test('a single-phase vehicle takes one phase of an AC connector', () => {
  const single = { ...vehicle(20), model: { ...model, acPower: 22, acPhases: 1 } }
  assert.ok(Math.abs(acceptedPower(single, 'AC') - 22 / 3) < 1e-9)
})

test('a full battery takes nothing, an almost full one still a little', () => {
  assert.equal(acceptedPower(vehicle(100), 'DC'), 0)
  const stubborn = { ...vehicle(99.99), model: { ...model, dcCurve: parseCurve('0:50 100:0') } }
  assert.ok(acceptedPower(stubborn, 'DC') >= 1)
})

test('losses make a battery fill slower and empty faster than the connector sees', () => {
  assert.equal(socPerHour(vehicle(50), 'DC', 50), 95)
  assert.ok(socPerHour(vehicle(50), 'DC', -50) < -105)
})

test('the same seed draws the same vehicles, and every one can be charged', () => {
  const draw = () => {
    const random = new Random('vehicles')
    return Array.from({ length: 200 }, (_, index) => drawVehicle(random, index % 2 === 0 ? 'DC' : 'AC', true))
  }
  assert.deepEqual(draw(), draw())
  for (const { soc, wantedSoc, vin } of draw()) {
    assert.ok(soc >= 0 && soc < wantedSoc && wantedSoc <= 100)
    assert.match(vin, /^[0-9A-HJ-NPR-Z]{17}$/)
  }
})
