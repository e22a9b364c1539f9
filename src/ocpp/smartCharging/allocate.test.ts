import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { afterMargin, allocate, type Claim, isShort } from './allocate.ts'

const claim = fc
  .record({
    minimumKw: fc.double({ min: 0, max: 20, noNaN: true }),
    room: fc.double({ min: 0, max: 350, noNaN: true }),
    weight: fc.integer({ min: 1, max: 100 }),
  })
  .map(({ minimumKw, room, weight }) => ({ minimumKw, maximumKw: minimumKw + room, weight }))
const claims = fc
  .array(claim, { minLength: 1, maxLength: 12 })
  .map(list => list.map((each, index): Claim => ({ key: `s${index}`, ...each })))
const limit = fc.double({ min: 0, max: 1500, noNaN: true })
const turn = fc.nat(100_000)

const total = (shares: Map<string, number>) => [...shares.values()].reduce((sum, share) => sum + share, 0)
/** What a sum of doubles may be off by. */
const TINY = 1e-6

describe('any site', () => {
  it('is never given more than its limit', () =>
    fc.assert(
      fc.property(limit, claims, turn, (limitKw, list, now) =>
        assert.ok(total(allocate(limitKw, list, now)) <= limitKw + TINY),
      ),
    ))
  it('gives nobody more than the maximum', () =>
    fc.assert(
      fc.property(limit, claims, turn, (limitKw, list, now) => {
        const shares = allocate(limitKw, list, now)
        for (const { key, maximumKw } of list) assert.ok(shares.get(key)! <= maximumKw)
      }),
    ))
  it('gives nobody less than the minimum, but nothing at all in a shortage', () =>
    fc.assert(
      fc.property(limit, claims, turn, (limitKw, list, now) => {
        const short = isShort(limitKw, list)
        const shares = allocate(limitKw, list, now)
        for (const { key, minimumKw } of list)
          assert.ok(shares.get(key)! >= minimumKw - TINY || (short && shares.get(key) === 0))
      }),
    ))
  it('leaves nothing over that somebody could take', () =>
    fc.assert(
      fc.property(limit, claims, turn, (limitKw, list, now) => {
        fc.pre(!isShort(limitKw, list))
        const most = list.reduce((sum, { maximumKw }) => sum + maximumKw, 0)
        assert.ok(Math.abs(total(allocate(limitKw, list, now)) - Math.min(limitKw, most)) < TINY)
      }),
    ))
  it('stays as it is when nothing changes but the time, unless it is short', () =>
    fc.assert(
      fc.property(limit, claims, turn, turn, (limitKw, list, now, later) => {
        fc.pre(!isShort(limitKw, list))
        assert.deepEqual(allocate(limitKw, list, now), allocate(limitKw, list, later))
      }),
    ))
  it('gives nobody less under a higher limit, unless it is short', () =>
    fc.assert(
      fc.property(limit, limit, claims, turn, (one, other, list, now) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)]
        fc.pre(!isShort(low, list))
        const [before, after] = [allocate(low, list, now), allocate(high, list, now)]
        for (const { key } of list) assert.ok(after.get(key)! >= before.get(key)! - TINY)
      }),
    ))
  it('gives all together no less under a higher limit', () =>
    fc.assert(
      fc.property(limit, limit, claims, turn, (one, other, list, now) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)]
        assert.ok(total(allocate(high, list, now)) >= total(allocate(low, list, now)) - TINY)
      }),
    ))
})

describe('a site that is short', () => {
  it('lets everybody whose minimum fits charge within one cycle', () =>
    fc.assert(
      fc.property(limit, claims, turn, (limitKw, list, now) => {
        fc.pre(isShort(limitKw, list))
        const cycle = list.reduce((sum, { weight }) => sum + weight, 0)
        const turns = Array.from({ length: cycle }, (_, passed) => allocate(limitKw, list, now + passed))
        for (const { key, minimumKw } of list)
          if (minimumKw > 0 && minimumKw <= limitKw) assert.ok(turns.some(shares => shares.get(key)! > 0))
      }),
      { numRuns: 30 },
    ))
  it('gives more turns to those who weigh more', () => {
    const list = [
      { key: 'bus', minimumKw: 6, maximumKw: 22, weight: 3 },
      { key: 'car', minimumKw: 6, maximumKw: 22, weight: 1 },
    ]
    const turns = [0, 1, 2, 3].map(now => allocate(8, list, now))
    assert.equal(turns.filter(shares => shares.get('bus')! > 0).length, 3)
    assert.equal(turns.filter(shares => shares.get('car')! > 0).length, 1)
  })
})

describe('a site with enough for all minimums', () => {
  const car = { minimumKw: 4, maximumKw: 22, weight: 1 }

  it('gives everybody the same', () =>
    assert.deepEqual(
      [
        ...allocate(
          30,
          ['a', 'b', 'c'].map(key => ({ key, ...car })),
          0,
        ).values(),
      ],
      [10, 10, 10],
    ))
  it('gives what one cannot take to the others', () =>
    assert.deepEqual(
      [
        ...allocate(
          30,
          [
            { key: 'a', ...car, maximumKw: 6 },
            { key: 'b', ...car },
          ],
          0,
        ).values(),
      ],
      [6, 22],
    ))
  it('shares in proportion to the weights', () =>
    assert.deepEqual(
      [
        ...allocate(
          24,
          [
            { key: 'a', ...car, weight: 2 },
            { key: 'b', ...car },
          ],
          0,
        ).values(),
      ],
      [16, 8],
    ))
  it('knows that there may be nobody', () => assert.equal(allocate(30, [], 0).size, 0))
  it('keeps the margin', () => assert.equal(afterMargin(100, 10), 90))
})
