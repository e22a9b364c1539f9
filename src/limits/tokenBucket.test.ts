import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TokenBuckets } from './tokenBucket.ts'

const HOURLY = { count: 2, seconds: 3600 }

describe('token buckets', () => {
  it('let a burst pass, and then one for each token that has come back', () => {
    const buckets = new TokenBuckets()
    const take = (now: number) => Math.round(buckets.take('hourly', HOURLY, 'key', now))
    assert.deepEqual([take(0), take(0), take(0), take(900_000)], [0, 0, 1800, 900])
    assert.deepEqual([take(1_810_000), take(1_810_000)], [0, 1790])
    assert.equal(buckets.take('hourly', HOURLY, 'another', 0), 0)
  })
  it('are kept until they are full again, however many other keys come', () => {
    const buckets = new TokenBuckets()
    const take = (key: string, now: number) => Math.round(buckets.take('hourly', HOURLY, key, now))
    take('empty', 0)
    take('empty', 0)
    // The map is swept several times meanwhile.
    for (let index = 0; index < 5000; index++) take(`other ${index}`, 1_700_000)
    assert.equal(take('empty', 1_700_000), 100)
    for (let index = 0; index < 20_000; index++) take(`third ${index}`, 3_500_000)
    assert.deepEqual([take('empty', 3_500_000), take('empty', 3_500_000)], [0, 100])
  })
})
