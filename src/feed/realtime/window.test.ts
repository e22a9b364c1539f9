import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tables } from '../../contracts/flux/tables.ts'
import { tableChange } from './tableChange.ts'
import { Window } from './window.ts'

const position = (place: number) => `00000000/00000001:${String(place).padStart(8, '0')}`
const change = (place: number, committedAt = Date.now()) =>
  tableChange(tables.mg_bess_readings, {
    kind: 'insert',
    row: {},
    oldKey: undefined,
    committedAt: new Date(committedAt),
    position: position(place),
    transaction: place,
  })
const places = (window: Window, after: number) =>
  window.after(position(after))?.map(({ change: { transaction } }) => transaction)

describe('the window of changes', () => {
  it('has what came after a position, and says when it cannot', () => {
    const window = new Window(position(10))
    for (const place of [11, 12, 15]) window.add(change(place))
    assert.deepEqual(places(window, 10), [11, 12, 15])
    assert.deepEqual(places(window, 12), [15])
    assert.deepEqual(places(window, 13), [15])
    assert.deepEqual(places(window, 15), [])
    assert.deepEqual(places(window, 99), [])
    assert.equal(places(window, 9), undefined)
    assert.deepEqual(places(new Window(position(10)), 10), [])
  })

  it('forgets what is older than five minutes', () => {
    const window = new Window(position(0))
    const now = Date.now()
    window.add(change(1, now - 301_000))
    window.add(change(2, now - 290_000))
    window.add(change(3, now))
    assert.equal(places(window, 0), undefined)
    assert.deepEqual(places(window, 1), [2, 3])
    const old = new Window(position(0))
    old.add(change(1, now - 301_000))
    assert.equal(places(old, 0), undefined)
    assert.deepEqual(places(old, 1), [])
  })

  it('holds 50,000 changes, however many come', () => {
    const window = new Window(position(0))
    const now = Date.now()
    for (let place = 1; place <= 120_000; place++) window.add(change(place, now))
    assert.equal(places(window, 69_999), undefined)
    const all = places(window, 70_000)!
    assert.deepEqual([all.length, all[0], all.at(-1)], [50_000, 70_001, 120_000])
    assert.deepEqual(places(window, 119_998), [119_999, 120_000])
  })
})
