import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nextEdge, type Schedule } from './edges.ts'
import { instantOf, wallClockAt } from './localTime.ts'

const reading = (text: string) => Date.parse(`${text}Z`) / 60_000
const instant = (text: string) => new Date(instantOf(reading(text), 'Europe/London')).toISOString()

describe('the instant of a wall clock reading', () => {
  it('follows summer time', () => {
    assert.equal(instant('2026-07-01T08:00'), '2026-07-01T07:00:00.000Z')
    assert.equal(instant('2026-12-01T08:00'), '2026-12-01T08:00:00.000Z')
  })
  it('is the first of a reading that comes twice', () => {
    assert.equal(instant('2026-10-25T01:30'), '2026-10-25T00:30:00.000Z')
  })
  it('is the jump for a reading that is skipped', () => {
    assert.equal(instant('2026-03-29T01:30'), '2026-03-29T01:00:00.000Z')
    assert.equal(instantOf(reading('2026-03-08T02:15'), 'America/New_York'), Date.parse('2026-03-08T07:00Z'))
  })
  it('comes back to itself', () => {
    for (const zone of ['UTC', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/St_Johns']) {
      const start = Date.parse('2026-04-01T00:00Z')
      for (let step = 0; step < 400; step++) {
        const at = start + step * 137 * 60_000
        assert.ok(instantOf(wallClockAt(at, zone), zone) <= at)
      }
    }
  })
})

const daily: Schedule = {
  type: 'daily',
  enabled: true,
  time_slots: [{ start: '23:30', end: '05:30', action: 'charge', power_limit: 7 }],
  target_soc: 80,
}
const since = new Date('2026-06-01T00:00Z')
const after = (text: string, schedule = daily) => nextEdge(schedule, 'Europe/London', since, new Date(text))

describe('the edges of a schedule', () => {
  it('begin and end a slot over midnight', () => {
    const first = after('2026-07-01T12:00Z')
    assert.deepEqual(first, {
      at: new Date('2026-07-01T22:30Z'),
      command: 'start_charging',
      params: { charge_power: 7, target_soc: 80 },
    })
    assert.deepEqual(after('2026-07-01T22:30Z'), {
      at: new Date('2026-07-02T04:30Z'),
      command: 'stop_charging',
      params: { reason: 'schedule_end' },
    })
  })
  it('keep to the wall clock when summer time ends', () => {
    assert.equal(after('2026-10-24T23:00Z')!.at.toISOString(), '2026-10-25T05:30:00.000Z')
  })
  it('do not stop between two slots that touch', () => {
    const touching: Schedule = {
      ...daily,
      time_slots: [
        { start: '10:00', end: '12:00', action: 'charge' },
        { start: '12:00', end: '13:00', action: 'discharge', power_limit: 11 },
      ],
    }
    const edge = after('2026-07-01T09:00Z', touching)!
    assert.equal(edge.at.toISOString(), '2026-07-01T11:00:00.000Z')
    assert.deepEqual([edge.command, edge.params.duration], ['discharge', 3600])
  })
  it('of a weekly schedule come on its days only', () => {
    const weekly: Schedule = {
      ...daily,
      type: 'weekly',
      time_slots: [{ start: '08:00', end: '09:00', action: 'idle', day_of_week: ['mon'] }],
    }
    assert.equal(after('2026-07-01T00:00Z', weekly)!.at.toISOString(), '2026-07-06T07:00:00.000Z')
    assert.equal(after('2026-07-06T08:00Z', weekly)!.at.toISOString(), '2026-07-13T07:00:00.000Z')
  })
  it('of a once schedule come once', () => {
    const once: Schedule = { ...daily, type: 'once' }
    assert.equal(after('2026-06-01T00:00Z', once)!.at.toISOString(), '2026-06-01T22:30:00.000Z')
    assert.equal(after('2026-06-02T05:00Z', once), undefined)
  })
  it('lie between effective_from and effective_until', () => {
    const bounded = { ...daily, effective_from: '2026-08-01T00:00:00Z', effective_until: '2026-08-02T00:00:00Z' }
    assert.equal(after('2026-07-01T00:00Z', bounded)!.at.toISOString(), '2026-08-01T22:30:00.000Z')
    assert.equal(after('2026-08-01T22:30Z', bounded)!.at.toISOString(), '2026-08-02T00:00:00.000Z')
    assert.equal(after('2026-08-02T00:00Z', bounded), undefined)
  })
  it('do not exist while it is disabled', () => {
    assert.equal(after('2026-07-01T12:00Z', { ...daily, enabled: false }), undefined)
  })
})
