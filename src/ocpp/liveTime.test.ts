import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { liveTime } from './liveTime.ts'

const receivedAt = new Date('2026-05-10T14:00:00Z')

describe('the time of a station', () => {
  it('is its own, and live up to five minutes ahead', () => {
    assert.deepEqual(liveTime('2026-05-10T13:00:00Z', receivedAt), {
      time: new Date('2026-05-10T13:00:00Z'),
      live: true,
    })
    assert.equal(liveTime('2026-05-10T14:05:00Z', receivedAt).live, true)
    assert.deepEqual(liveTime('2027-05-10T14:05:01Z', receivedAt), {
      time: new Date('2027-05-10T14:05:01Z'),
      live: false,
    })
  })

  it('is ours where there is none or its clock was never set', () => {
    for (const timestamp of [undefined, 'now', '1970-01-01T00:00:07Z', '+275760-01-01T00:00:00Z'])
      assert.deepEqual(liveTime(timestamp, receivedAt), { time: receivedAt, live: true })
  })
})
