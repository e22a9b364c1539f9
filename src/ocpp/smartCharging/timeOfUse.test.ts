import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nextWindowEdge, pricePercent, type Window, windowPercent } from './timeOfUse.ts'

const LONDON = 'Europe/London'
const peak: Window = { start: '16:00', end: '20:00', days: ['mon', 'tue', 'wed', 'thu', 'fri'], limitPercent: 40 }
const night: Window = { start: '23:00', end: '06:00', limitPercent: 80 }

describe('windows', () => {
  // A Friday in summer: London is an hour ahead of UTC.
  const percentAt = (time: string, windows = [peak, night]) => windowPercent(windows, LONDON, new Date(time))

  it('are read on the wall clock of their zone', () => {
    assert.equal(percentAt('2026-07-03T14:59:59Z'), 100)
    assert.equal(percentAt('2026-07-03T15:00:00Z'), 40)
    assert.equal(percentAt('2026-07-03T18:59:59Z'), 40)
    assert.equal(percentAt('2026-07-03T19:00:00Z'), 100)
  })
  it('keep to their days', () => assert.equal(percentAt('2026-07-04T16:00:00Z'), 100))
  it('reach over midnight', () => {
    assert.equal(percentAt('2026-07-03T23:30:00Z'), 80)
    assert.equal(percentAt('2026-07-04T04:59:00Z'), 80)
    assert.equal(percentAt('2026-07-04T05:00:00Z'), 100)
  })
  it('give way to a lower one', () =>
    assert.equal(percentAt('2026-07-03T16:00:00Z', [peak, { start: '00:00', end: '00:00', limitPercent: 10 }]), 10))
})

describe('the next edge', () => {
  const next = (after: string, windows = [peak, night]) =>
    nextWindowEdge(windows, LONDON, new Date(after))?.toISOString()

  it('is the next beginning or end', () => {
    assert.equal(next('2026-07-03T12:00:00Z'), '2026-07-03T15:00:00.000Z')
    assert.equal(next('2026-07-03T15:00:00Z'), '2026-07-03T19:00:00.000Z')
  })
  it('may be days ahead', () => assert.equal(next('2026-07-03T19:00:00Z', [peak]), '2026-07-06T15:00:00.000Z'))
  it('follows a change of the clocks', () =>
    assert.equal(next('2026-10-23T19:00:00Z', [peak]), '2026-10-26T16:00:00.000Z'))
  it('does not come without windows', () => assert.equal(next('2026-07-03T12:00:00Z', []), undefined))
})

describe('prices', () => {
  const steps = [
    { from: 200, limitPercent: 20 },
    { from: 100, limitPercent: 60 },
  ]
  it('leave the whole limit below the first step', () => assert.equal(pricePercent(steps, 99.9), 100))
  it('count from the step on', () => assert.equal(pricePercent(steps, 100), 60))
  it('follow the highest step that is reached', () => assert.equal(pricePercent(steps, 350), 20))
  it('leave the whole limit when there is none', () => assert.equal(pricePercent(steps, undefined), 100))
})
