import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApiError } from '../errors.ts'
import { LeasedBuckets, type Lessor } from './leasedBuckets.ts'

const TIER = { perMinute: 60, burst: 100 }

/** A shared bucket in memory, with its own clock. */
function sharedBucket() {
  const shared = { tokens: TIER.burst, leases: 0 }
  const lease: Lessor = async (_key, { wanted }) => {
    shared.leases++
    const granted = Math.floor(Math.min(wanted, shared.tokens))
    shared.tokens -= granted
    return { granted, remaining: shared.tokens }
  }
  return { shared, lease }
}

async function takeAll(buckets: LeasedBuckets[], now: number): Promise<number> {
  for (let taken = 0; ; taken++) {
    try {
      await buckets[taken % buckets.length]!.take('key', TIER, now)
    } catch (error) {
      assert.ok(error instanceof ApiError && error.kind === 'tooMany')
      return taken
    }
  }
}

describe('leased buckets', () => {
  it('let a burst through and refuse the next one, with its headers', async () => {
    const { lease } = sharedBucket()
    const buckets = new LeasedBuckets(lease)
    const now = 1_700_000_000_000
    assert.deepEqual(await buckets.take('key', TIER, now), {
      'X-RateLimit-Limit': '60',
      'X-RateLimit-Remaining': '60',
      'X-RateLimit-Reset': '1700000001',
    })
    assert.equal(await takeAll([buckets], now), 99)
    await assert.rejects(buckets.take('key', TIER, now), (error: ApiError) => {
      assert.deepEqual(error.headers, {
        'X-RateLimit-Limit': '60',
        'X-RateLimit-Remaining': '0',
        'X-RateLimit-Reset': '1700000100',
        'Retry-After': '1',
      })
      return true
    })
  })

  it('count together when several processes lease from one bucket', async () => {
    const { lease } = sharedBucket()
    const processes = [new LeasedBuckets(lease), new LeasedBuckets(lease), new LeasedBuckets(lease)]
    const taken = await takeAll(processes, 1000)
    assert.ok(taken <= 100 && taken >= 94, `${taken}`)
  })

  it('ask the database once for many requests, and not at all while it has said no', async () => {
    const { shared, lease } = sharedBucket()
    const buckets = new LeasedBuckets(lease)
    await takeAll([buckets], 1000)
    assert.equal(shared.leases, 51)
    for (let repeat = 0; repeat < 10; repeat++) await assert.rejects(buckets.take('key', TIER, 1500))
    assert.equal(shared.leases, 51)
    shared.tokens = 1
    await buckets.take('key', TIER, 2001)
    assert.equal(shared.leases, 52)
  })

  it('share one lease among requests that come at once', async () => {
    const { shared, lease } = sharedBucket()
    const buckets = new LeasedBuckets(lease)
    await Promise.all([buckets.take('key', TIER, 1), buckets.take('key', TIER, 1)])
    assert.equal(shared.leases, 1)
  })

  it('forget a lease that was not used in time', async () => {
    const { shared, lease } = sharedBucket()
    const buckets = new LeasedBuckets(lease)
    await buckets.take('key', TIER, 0)
    await buckets.take('key', TIER, 60_000)
    assert.equal(shared.leases, 2)
  })

  it('pass on that the database is away, and ask again the next time', async () => {
    let away = true
    const buckets = new LeasedBuckets(async () => {
      if (away) throw new Error('away')
      return { granted: 1, remaining: 0 }
    })
    await assert.rejects(buckets.take('key', TIER, 0), /away/)
    away = false
    await buckets.take('key', TIER, 0)
  })
})
