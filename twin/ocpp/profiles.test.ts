import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inUnit, type Profile, Profiles, wattsOf } from './profiles.ts'

const START = Date.parse('2026-05-10T14:00:00Z')
const HOUR = 3_600_000
const RUNNING = { transaction: 't', startedAt: START }

function profile(id: number, more: Partial<Profile>): Profile {
  return {
    id,
    connectorId: 1,
    purpose: 'Tx',
    stackLevel: 0,
    kind: 'Relative',
    validFrom: Number.NEGATIVE_INFINITY,
    validTo: Number.POSITIVE_INFINITY,
    duration: Number.POSITIVE_INFINITY,
    periods: [{ start: 0, watts: 10_000 }],
    installedAt: START,
    ...more,
  }
}

const watts = (value: number) => [{ start: 0, watts: value }]

test('the highest level that says something counts, and a lower one again when it is over', () => {
  const profiles = new Profiles()
  profiles.set(profile(1, { periods: watts(10_000) }))
  profiles.set(profile(2, { stackLevel: 3, periods: watts(4000), duration: 60 }))
  assert.equal(profiles.connectorLimit(1, START, RUNNING), 4000)
  assert.equal(profiles.connectorLimit(1, START + 60_000, RUNNING), 10_000)
})

test('a profile of the transaction stands before default ones, and one of the connector before that of all', () => {
  const profiles = new Profiles()
  profiles.set(profile(1, { purpose: 'TxDefault', connectorId: 0, periods: watts(1000) }))
  assert.equal(profiles.connectorLimit(1, START, RUNNING), 1000)
  profiles.set(profile(2, { purpose: 'TxDefault', periods: watts(2000) }))
  assert.equal(profiles.connectorLimit(1, START, RUNNING), 2000)
  assert.equal(profiles.connectorLimit(2, START, RUNNING), 1000)
  profiles.set(profile(3, { transaction: 't', periods: watts(3000) }))
  assert.equal(profiles.connectorLimit(1, START, RUNNING), 3000)
  profiles.forget('t')
  assert.equal(profiles.connectorLimit(1, START, RUNNING), 2000)
})

test('a profile takes the place of that with its id, and of that on its level', () => {
  const profiles = new Profiles()
  profiles.set(profile(1, { periods: watts(1000) }))
  profiles.set(profile(1, { stackLevel: 2, periods: watts(2000) }))
  profiles.set(profile(7, { stackLevel: 2, periods: watts(7000) }))
  assert.deepEqual(
    profiles.list().map(({ id }) => id),
    [7],
  )
})

test('a recurring profile comes back each day, and is silent in between', () => {
  const profiles = new Profiles()
  const daily = { kind: 'Recurring', recurrency: 'Daily', startsAt: START - 10 * 24 * HOUR, duration: 7200 } as const
  profiles.set(profile(1, { ...daily, periods: [...watts(5000), { start: 3600, watts: 6000 }] }))
  assert.equal(profiles.connectorLimit(1, START + HOUR - 1, RUNNING), 5000)
  assert.equal(profiles.connectorLimit(1, START + HOUR, RUNNING), 6000)
  assert.equal(profiles.connectorLimit(1, START + 2 * HOUR, RUNNING), Number.POSITIVE_INFINITY)
  assert.equal(profiles.connectorLimit(1, START + 24 * HOUR, RUNNING), 5000)
})

test('the composite schedule follows every edge, and never goes above the station', () => {
  const profiles = new Profiles()
  profiles.set(profile(1, { purpose: 'StationMax', connectorId: 0, periods: watts(8000) }))
  profiles.set(profile(2, { periods: [...watts(10_000), { start: 600, watts: 3000 }, { start: 1200, watts: 5000 }] }))
  profiles.set(profile(3, { stackLevel: 1, validTo: START + 300_000, periods: watts(1000) }))
  assert.deepEqual(profiles.composite(1, { from: START, seconds: 1800, running: RUNNING }), [
    { start: 0, watts: 1000 },
    { start: 300, watts: 8000 },
    { start: 600, watts: 3000 },
    { start: 1200, watts: 5000 },
  ])
  assert.deepEqual(profiles.composite(0, { from: START, seconds: 1800, running: undefined }), watts(8000))
})

test('amperes are per phase at 230 V', () => {
  assert.equal(wattsOf(16, 'A', 3), 11_040)
  assert.equal(wattsOf(16, 'A', 1), 3680)
  assert.equal(inUnit(11_040, 'A', 3), 16)
  assert.equal(inUnit(1234.56, 'W'), 1234.6)
})
