import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSchedule, scheduledLimit } from './schedule.ts'

const at = (text: string) => Date.parse(text)

test('a slot limits between its start and its end by local time', () => {
  const time_slots = [{ start: '16:00', end: '19:00', action: 'idle' }]
  const schedule = readSchedule({ time_slots, timezone: 'Europe/London' })
  // In May London is an hour ahead of UTC.
  assert.equal(scheduledLimit(schedule, at('2026-05-10T15:30:00Z')), 0)
  assert.equal(scheduledLimit(schedule, at('2026-05-10T18:30:00Z')), Number.POSITIVE_INFINITY)
})

test('a slot over midnight belongs to the day on which it begins', () => {
  const time_slots = [{ day_of_week: ['sun'], start: '23:00', end: '05:00', action: 'charge', power_limit: 7 }]
  const schedule = readSchedule({ time_slots })
  assert.equal(scheduledLimit(schedule, at('2026-05-10T23:30:00Z')), 7)
  assert.equal(scheduledLimit(schedule, at('2026-05-11T04:30:00Z')), 7)
  assert.equal(scheduledLimit(schedule, at('2026-05-11T23:30:00Z')), Number.POSITIVE_INFINITY)
})

test('parameters that cannot be used are refused with the reason', () => {
  assert.throws(() => readSchedule({}), /time_slots/)
  assert.throws(() => readSchedule({ time_slots: [{ start: '7', end: '08:00' }] }), /start and end/)
  assert.throws(() => readSchedule({ time_slots: [null] }), /start and end/)
  assert.throws(() => readSchedule({ time_slots: [], timezone: 'Mars/Olympus' }), RangeError)
})
