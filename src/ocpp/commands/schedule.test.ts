import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { profileOfSchedule, readSlots } from './schedule.ts'

/** A Wednesday, in summer. */
const now = new Date('2026-07-01T12:34:56Z')
const profileOf = (time_slots: object[], change: Record<string, unknown> = {}, at = now) => {
  const params = { time_slots, ...change }
  return profileOfSchedule({ params, connectorId: 1, now: at, ratingKw: 22 }, readSlots(params)!)
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
  it('is in force between two instants', () => {
    const slot = { start: '08:00', end: '09:00', action: 'idle' }
    const [effective_from, effective_until] = ['2026-07-02T00:00:00+01:00', '2026-08-01T00:00:00.000Z']
    const { validFrom, validTo } = profileOf([slot], { effective_from, effective_until })
    assert.deepEqual([validFrom!.toISOString(), validTo!.toISOString()], ['2026-07-01T23:00:00.000Z', effective_until])
    assert.deepEqual(Object.keys(profileOf([slot], { effective_from: null })).includes('validFrom'), false)
  })
})

/** The clocks of London went forward at 01:00 UTC of 29 March 2026, and back at 01:00 UTC of 25 October. */
describe('the profile of a schedule on a day on which the clocks change', () => {
  const slot = { start: '08:00', end: '09:00', action: 'idle' }
  const timezone = 'Europe/London'
  const startOf = (at: string, change: Record<string, unknown> = {}) => {
    const { startsAt, periods } = profileOf([slot], { timezone, ...change }, new Date(at))
    return new Date(startsAt!.getTime() + periods[1]!.start * 1000).toISOString()
  }
  it('follows the clock as it was before, and when it is set again as it is after', () => {
    assert.equal(startOf('2026-03-29T00:30:00Z'), '2026-03-29T08:00:00.000Z')
    assert.equal(startOf('2026-03-29T01:00:00Z'), '2026-03-29T07:00:00.000Z')
    assert.equal(startOf('2026-10-25T00:30:00Z'), '2026-10-25T07:00:00.000Z')
    assert.equal(startOf('2026-10-25T01:00:00Z'), '2026-10-25T08:00:00.000Z')
  })
  it('that does not repeat is right from the beginning', () => {
    assert.equal(startOf('2026-03-29T00:30:00Z', { type: 'once' }), '2026-03-29T07:00:00.000Z')
    assert.equal(profileOf([slot], { timezone, type: 'once' }, new Date('2026-03-29T00:30:00Z')).duration, 23 * 3600)
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
    for (const effective_until of ['tomorrow', 7])
      assert.equal(readSlots({ time_slots: [slot], effective_until }), undefined)
    for (const timezone of ['Mars/Olympus', '', 7]) assert.equal(readSlots({ time_slots: [slot], timezone }), undefined)
  })
})
