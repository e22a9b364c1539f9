import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Clock } from './clock.ts'

test('a fast clock begins in the past, meets the wall clock at the end and then keeps to it', () => {
  let wall = 1_000_000_000
  const clock = new Clock(60, 10, () => wall)
  assert.equal(clock.now(), wall + 10_000 - 600_000)
  wall += 5000
  assert.equal(clock.now(), clock.end - 300_000)
  wall += 5000
  assert.equal(clock.now(), wall)
  wall += 7000
  assert.equal(clock.now(), wall)
})

test('a clock at speed 1 is the wall clock', () => {
  const wall = 1_000_000_000
  assert.equal(new Clock(1, 10, () => wall).now(), wall)
  assert.equal(new Clock(1, undefined, () => wall).now(), wall)
  assert.throws(() => new Clock(2, undefined, () => wall), RangeError)
})

test('waiting takes as much less as the clock is faster, and ends with the signal', async () => {
  const clock = new Clock(100, 10)
  const started = performance.now()
  assert.equal(await clock.until(clock.now() + 5000, new AbortController().signal), true)
  const waited = performance.now() - started
  assert.ok(waited >= 45 && waited < 500, `${waited} ms`)
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 20)
  assert.equal(await clock.until(Number.POSITIVE_INFINITY, stop.signal), false)
})
