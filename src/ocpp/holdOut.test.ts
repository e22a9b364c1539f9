import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holdOut } from './holdOut.ts'

const away = () => Object.assign(new Error('no database'), { code: 'ECONNREFUSED' })
const never = new AbortController().signal

test('what cannot be done while the database is away is done when it is back', async () => {
  let attempts = 0
  const answer = await holdOut(async () => {
    if (++attempts < 3) throw away()
    return 'done'
  }, never)
  assert.deepEqual([answer, attempts], ['done', 3])
})

test('any other error is the answer at once', async () => {
  let attempts = 0
  const work = async () => {
    attempts++
    throw new Error('a wrong query')
  }
  await assert.rejects(holdOut(work, never), /a wrong query/)
  assert.equal(attempts, 1)
})

test('a server that stops does not wait, and tells the reason', async () => {
  const stop = new AbortController()
  const started = performance.now()
  const waiting = holdOut(async () => {
    throw away()
  }, stop.signal)
  setTimeout(() => stop.abort(), 50)
  await assert.rejects(waiting, /no database/)
  assert.ok(performance.now() - started < 1000)
})
