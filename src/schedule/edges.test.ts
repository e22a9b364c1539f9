import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nextEdge, runsAt, type Schedule } from './edges.ts'
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
  it('leave out a slot within the hour that the clocks skip, on that day only', () => {
    const skipped: Schedule = { ...daily, time_slots: [{ start: '01:15', end: '01:45', action: 'charge' }] }
    const next = (text: string) =>
      nextEdge(skipped, 'Europe/London', new Date('2026-03-01T00:00Z'), new Date(text))!.at.toISOString()
    assert.equal(next('2026-03-28T00:00Z'), '2026-03-28T01:15:00.000Z')
    assert.equal(next('2026-03-28T12:00Z'), '2026-03-30T00:15:00.000Z')
  })
})

/** Every edge within a day, as its time, its command and what the command says. */
function edgesOf(time_slots: Schedule['time_slots']): string[] {
  const found: string[] = []
  for (let last = '2026-07-01T00:00Z'; ; ) {
    const { at, command, params } = after(last, { ...daily, target_soc: undefined, time_slots })!
    last = at.toISOString()
    if (last >= '2026-07-02') return found
    const facts = Object.values(params).filter(value => value !== undefined)
    found.push([last.slice(11, 16), command, ...facts].join(' '))
  }
}

describe('slots that overlap', () => {
  const long = { start: '10:00', end: '14:00', action: 'charge', power_limit: 7 } as const
  it('go on where they were when one within them ends', () => {
    assert.deepEqual(edgesOf([long, { start: '11:00', end: '12:00', action: 'discharge', power_limit: 5 }]), [
      '09:00 start_charging 7',
      '10:00 discharge 5 3600',
      '11:00 start_charging 7',
      '13:00 stop_charging schedule_end',
    ])
  })
  it('discharge for what is left of their time', () => {
    const discharging = { ...long, action: 'discharge' } as const
    assert.deepEqual(edgesOf([discharging, { start: '11:00', end: '12:30', action: 'idle' }]), [
      '09:00 discharge 7 14400',
      '10:00 stop_charging schedule',
      '11:30 discharge 7 5400',
      '13:00 stop_charging schedule_end',
    ])
  })
  it('are not stopped when one that began before ends', () => {
    assert.deepEqual(edgesOf([long, { start: '13:00', end: '15:00', action: 'charge', power_limit: 9 }]), [
      '09:00 start_charging 7',
      '12:00 start_charging 9',
      '14:00 stop_charging schedule_end',
    ])
  })
  it('stop once when they end together', () => {
    assert.deepEqual(edgesOf([long, { start: '13:00', end: '14:00', action: 'charge', power_limit: 9 }]), [
      '09:00 start_charging 7',
      '12:00 start_charging 9',
      '13:00 stop_charging schedule_end',
    ])
  })
})

describe('a schedule', () => {
  const runs = (text: string, schedule = daily, set = since) => runsAt(schedule, 'Europe/London', set, new Date(text))
  it('runs from the start of a slot to just before its end', () => {
    assert.deepEqual(
      ['22:29', '22:30', '23:59'].map(time => runs(`2026-07-01T${time}Z`)),
      [false, true, true],
    )
    assert.deepEqual(
      ['00:00', '04:29', '04:30'].map(time => runs(`2026-07-02T${time}Z`)),
      [true, true, false],
    )
  })
  it('does not run in a slot that had begun before it was set', () => {
    assert.equal(runs('2026-07-02T00:00Z', daily, new Date('2026-07-01T23:00Z')), false)
  })
  it('does not run while it is disabled, in an idle slot, or outside of its time', () => {
    const idle: Schedule = { ...daily, time_slots: [{ start: '23:30', end: '05:30', action: 'idle' }] }
    const over: Schedule = { ...daily, effective_until: '2026-07-01T23:00:00Z' }
    const early: Schedule = { ...daily, effective_from: '2026-07-01T23:00:00Z' }
    for (const schedule of [{ ...daily, enabled: false }, idle, over, early])
      assert.equal(runs('2026-07-02T00:00Z', schedule), false)
  })
})
