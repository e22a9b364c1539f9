import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Window } from './window.ts'

const position = (place: number) => `00000000/00000001:${String(place).padStart(8, '0')}`
const change = (place: number, committedAt = Date.now(), size?: number) => ({
  place,
  change: { committedAt: new Date(committedAt), position: position(place) },
  ...(size === undefined ? {} : { size }),
})
const newWindow = (place: number) => new Window<ReturnType<typeof change>>(position(place))
const places = (window: ReturnType<typeof newWindow>, after: number, most?: number) =>
  window.after(position(after), most)?.map(({ place }) => place)

describe('the window of changes', () => {
  it('has what came after a position, and says when it cannot', () => {
    const window = newWindow(10)
    for (const place of [11, 12, 15]) window.add(change(place))
    assert.deepEqual(places(window, 10), [11, 12, 15])
    assert.deepEqual(places(window, 12), [15])
    assert.deepEqual(places(window, 13), [15])
    assert.deepEqual(places(window, 15), [])
    assert.deepEqual(places(window, 10, 2), [11, 12])
    assert.deepEqual(places(window, 99), [])
    assert.equal(places(window, 9), undefined)
    assert.deepEqual(places(newWindow(10), 10), [])
  })

  it('forgets what is older than five minutes', () => {
    const window = newWindow(0)
    const now = Date.now()
    window.add(change(1, now - 301_000))
    window.add(change(2, now - 290_000))
    window.add(change(3, now))
    assert.equal(places(window, 0), undefined)
    assert.deepEqual(places(window, 1), [2, 3])
    const old = newWindow(0)
    old.add(change(1, now - 301_000))
    assert.equal(places(old, 0), undefined)
    assert.deepEqual(places(old, 1), [])
  })

  it('holds 50,000 changes, however many come', () => {
    const window = newWindow(0)
    const now = Date.now()
    for (let place = 1; place <= 120_000; place++) window.add(change(place, now))
    assert.equal(places(window, 69_999), undefined)
    const all = places(window, 70_000)!
    assert.deepEqual([all.length, all[0], all.at(-1)], [50_000, 70_001, 120_000])
    assert.deepEqual(places(window, 119_998), [119_999, 120_000])
  })

  it('holds 64 MiB of what is large', () => {
    const window = newWindow(0)
    const now = Date.now()
    for (let place = 1; place <= 300; place++) window.add(change(place, now, 1024 * 1024))
    assert.equal(places(window, 235), undefined)
    assert.equal(places(window, 236)!.length, 64)
    window.add(change(301, now, 65 * 1024 * 1024))
    assert.equal(places(window, 300), undefined)
    assert.deepEqual(places(window, 301), [])
    window.add(change(302, now, 1))
    assert.deepEqual(places(window, 301), [302])
  })
})
