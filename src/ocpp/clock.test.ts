import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { now } from './clock.ts'

test('the time follows the system clock when that is set', () => {
  const before = now()
  assert.ok(Math.abs(before - Date.now()) < 1000)
  assert.ok(now() > before)
  const corrected = Date.now() + 3_600_000
  mock.timers.enable({ apis: ['Date'], now: corrected })
  assert.ok(Math.abs(now() - corrected) < 1000)
  mock.timers.reset()
  assert.ok(Math.abs(now() - Date.now()) < 1000)
})
