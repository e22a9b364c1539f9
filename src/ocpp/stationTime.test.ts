import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stationTime } from './stationTime.ts'

const receivedAt = new Date('2026-05-10T14:00:00Z')

test('a time with a zone is that time, and what is none is the time of receipt', () => {
  assert.equal(stationTime('2026-05-10T15:30:00+02:00', receivedAt).toISOString(), '2026-05-10T13:30:00.000Z')
  assert.equal(stationTime('2026-12-31T23:59:60Z', receivedAt), receivedAt)
  assert.equal(stationTime('noon', receivedAt), receivedAt)
  assert.equal(stationTime(undefined, receivedAt), receivedAt)
})
