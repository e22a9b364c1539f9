import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCurve, powerAt } from './curve.ts'

const CURVE = parseCurve('0:95 18:90 40:90 80:50 100:6.6')

test('a curve gives its own points', () => {
  for (const [soc, power] of CURVE) assert.equal(powerAt(CURVE, soc), power)
})

test('a curve is straight between its points', () => {
  assert.equal(powerAt(CURVE, 60), 70)
  assert.equal(powerAt(CURVE, 90), 28.3)
})

test('a curve is level before its first point and after its last', () => {
  const part = parseCurve('20:50 80:30')
  assert.equal(powerAt(part, 5), 50)
  assert.equal(powerAt(part, 100), 30)
})
