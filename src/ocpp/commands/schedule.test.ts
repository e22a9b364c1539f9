import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { profileOfSchedule, readSlots } from './schedule.ts'

/** A Wednesday, in summer. */
const now = new Date('2026-07-01T12:34:56Z')
const profileOf = (time_slots: object[], change: Record<string, unknown> = {}) => {
  const params = { time_slots, ...change }
  return profileOfSchedule({ params, connectorId: 1, now, ratingKw: 22 }, readSlots(params)!)
}
/** Hours and kW. */
const shape = (time_slots: object[], change = {}) =>
  profileOf(time_slots, change).periods.map(({ start, kw }) => [start / 3600, kw])

describe('the profile of a schedule', () => {
  it('has no limit but in its slots', () => {
    const slot = { start: '08:00', end: '10:30', action: 'charge', power_limit: 7 }
    assert.deepEqual(shape([slot]), [
      [0, 22],
      [8, 7],
      [10.5, 22],
    ])
    assert.deepEqual(shape([{ ...slot, action: 'idle' }])[1], [8, 0])
    assert.deepEqual(shape([{ ...slot, action: 'discharge' }])[1], [8, -7])
    assert.deepEqual(shape([{ start: '08:00', end: '09:00', action: 'charge' }]), [[0, 22]])
  })
  it('goes over midnight, and over the end of the week', () => {
    const night = { start: '22:00', end: '06:00', action: 'idle' }
    assert.deepEqual(shape([night]), [
      [0, 0],
      [6, 22],
      [22, 0],
    ])
    assert.deepEqual(shape([{ ...night, day_of_week: ['sun'] }]), [
      [0, 0],
      [6, 22],
      [6 * 24 + 22, 0],
    ])
  })
  it('takes the slot that began last where two overlap', () => {
    const long = { start: '08:00', end: '14:00', action: 'charge', power_limit: 7 }
    const short = { start: '10:00', end: '12:00', action: 'idle' }
    for (const slots of [
      [long, short],
      [short, long],
    ])
      assert.deepEqual(shape(slots), [
        [0, 22],
        [8, 7],
        [10, 0],
        [12, 7],
        [14, 22],
      ])
  })
  it('begins with the day, or with the week, of its zone', () => {
    const slot = { start: '08:00', end: '09:00', action: 'idle' }
    const daily = profileOf([slot], { timezone: 'Europe/London' })
    assert.deepEqual([daily.kind, daily.startsAt!.toISOString()], ['Daily', '2026-06-30T23:00:00.000Z'])
    const weekly = profileOf([{ ...slot, day_of_week: ['mon', 'tue'] }], { timezone: 'Europe/London' })
    assert.deepEqual([weekly.kind, weekly.startsAt!.toISOString()], ['Weekly', '2026-06-28T23:00:00.000Z'])
    const once = profileOf([slot], { type: 'once' })
    assert.deepEqual([once.kind, once.duration], ['Absolute', 86_400])
  })
})

describe('the slots of a command', () => {
  it('are read only where they are slots', () => {
    const slot = { start: '08:00', end: '24:00', action: 'charge', power_limit: null }
    assert.ok(readSlots({ time_slots: [slot] }))
    for (const broken of [
      null,
      'slot',
      { ...slot, start: '8:00' },
      { ...slot, action: 'rest' },
      { ...slot, day_of_week: ['mo'] },
    ])
      assert.equal(readSlots({ time_slots: [broken] }), undefined, JSON.stringify(broken))
    assert.equal(readSlots({}), undefined)
    for (const timezone of ['Mars/Olympus', '', 7]) assert.equal(readSlots({ time_slots: [slot], timezone }), undefined)
  })
})
