import assert from 'node:assert/strict'
import { test } from 'node:test'
import { energyPeriod } from './energyPeriod.ts'

const now = new Date('2026-05-10T14:00:00.000Z')

test('the last 24 hours by hour in UTC when nothing is asked', () => {
  assert.deepEqual(energyPeriod({}, now), {
    granularity: 'hour',
    start: '2026-05-09T14:00:00.000Z',
    end: '2026-05-10T14:00:00.000Z',
    timeZone: 'UTC',
  })
})

test('a start alone lasts until now, an end alone ends 24 hours', () => {
  const { start, end } = energyPeriod({ end_time: '2026-01-02T00:00:00Z' }, now)
  assert.deepEqual([start, end], ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'])
  assert.equal(energyPeriod({ start_time: '2026-05-01T00:00:00Z' }, now).end, now.toISOString())
})

test('400 when the zone is unknown', () => {
  for (const tz of ['Europe/Coventry', '+01:00', 'utc; drop']) {
    assert.throws(() => energyPeriod({ tz }, now), { kind: 'invalid', details: { field: 'tz' } })
  }
})

test('400 when the period has no length', () => {
  const start_time = '2026-05-10T00:00:00Z'
  for (const end_time of [start_time, '2026-05-10T00:00:00+01:00']) {
    assert.throws(() => energyPeriod({ start_time, end_time }, now), { kind: 'invalid' })
  }
  assert.throws(() => energyPeriod({ start_time: '2026-05-10T14:00:01Z' }, now), { kind: 'invalid' })
})

test('400 beyond 10,000 buckets', () => {
  const from = (hours: number) => new Date(now.getTime() - hours * 3_600_000).toISOString()
  assert.ok(energyPeriod({ start_time: from(10_000) }, now))
  assert.throws(() => energyPeriod({ start_time: from(10_001) }, now), { kind: 'invalid' })
  assert.ok(energyPeriod({ start_time: from(10_001), granularity: 'day' }, now))
  assert.throws(
    () =>
      energyPeriod({ start_time: '1970-01-01T00:00:00Z', end_time: '9999-01-01T00:00:00Z', granularity: 'month' }, now),
    {
      kind: 'invalid',
    },
  )
})
