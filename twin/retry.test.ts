import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pacer } from './pacer.ts'
import { patiently } from './retry.ts'

const signal = new AbortController().signal
const answers = (...statuses: number[]) => {
  const made: number[] = []
  const attempt = async () => {
    const status = statuses[Math.min(made.length, statuses.length - 1)]!
    made.push(status)
    return { status, body: null, retryAfter: status === 429 ? 0.05 : undefined }
  }
  return { attempt, made }
}

test('429 is tried again after the time that the server asked for', async () => {
  const { attempt, made } = answers(429, 200)
  const started = performance.now()
  let rest = 0
  assert.equal((await patiently(attempt, { signal, onRest: wait => (rest = wait) })).status, 200)
  assert.ok(performance.now() - started >= 45)
  assert.equal(rest, 50)
  assert.deepEqual(made, [429, 200])
})

test('503 and no answer are tried again, other refusals are not', async () => {
  const { attempt, made } = answers(503, 0, 409)
  assert.equal((await patiently(attempt, { signal })).status, 409)
  assert.deepEqual(made, [503, 0, 409])
})

test('a signal ends the waiting with the last answer', async () => {
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 20)
  assert.equal((await patiently(answers(503).attempt, { signal: stop.signal })).status, 503)
})

test('a pacer lets a burst through and then one at a time', async () => {
  const pacer = new Pacer(50, 3)
  const started = performance.now()
  const waits: number[] = []
  for (let turn = 0; turn < 6; turn++) {
    await pacer.turn(signal)
    waits.push(performance.now() - started)
  }
  assert.ok(waits[2]! < 15, `${waits}`)
  assert.ok(waits[5]! >= 55, `${waits}`)
})

test('a pacer gives nobody a turn while the server rests', async () => {
  const pacer = new Pacer(1000, 10)
  pacer.rest(60)
  const started = performance.now()
  await pacer.turn(signal)
  assert.ok(performance.now() - started >= 50)
})
