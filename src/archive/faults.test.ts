import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { faultsOf } from './faults.ts'

const at = (second: number) => `2026-05-10T14:00:${String(second).padStart(2, '0')}.000Z`
const run = (code: string | null, before: number | null, from: number, to: number) => ({
  code,
  before: before === null ? null : at(before),
  from: at(from),
  to: at(to),
})
const event = (code: string | null, second: number, cleared = false) => ({ code, time: at(second), cleared })

describe('the faults of a session', () => {
  it('are those of samples and those of events', () => {
    assert.deepEqual(faultsOf([run('F-0411', 0, 5, 20)], [event('F-0203', 40)]), [
      { code: 'F-0411', time: at(5) },
      { code: 'F-0203', time: at(40) },
    ])
  })
  it('are told once where an event and samples tell of the same', () => {
    assert.deepEqual(faultsOf([run('F-0411', 5, 10, 20)], [event('F-0411', 8)]), [{ code: 'F-0411', time: at(8) }])
    assert.deepEqual(faultsOf([run('F-0411', 5, 10, 20)], [event('F-0411', 12)]), [{ code: 'F-0411', time: at(10) }])
    assert.deepEqual(faultsOf([run('F-0411', null, 10, 20)], [event('F-0411', 1)]), [{ code: 'F-0411', time: at(1) }])
  })
  it('take the code from whichever has one', () => {
    assert.deepEqual(faultsOf([run(null, 5, 10, 20)], [event('F-0411', 8)]), [{ code: 'F-0411', time: at(8) }])
    assert.deepEqual(faultsOf([run('F-0411', 5, 10, 20)], [event(null, 8)]), [{ code: 'F-0411', time: at(8) }])
    assert.deepEqual(faultsOf([run(null, 5, 10, 20)], []), [{ code: null, time: at(10) }])
  })
  it('are two when the charger was well in between, or the codes differ', () => {
    const twice = faultsOf(
      [run('F-0411', 0, 5, 10), run('F-0411', 15, 20, 25)],
      [event('F-0411', 4), event('F-0411', 18)],
    )
    assert.deepEqual(
      twice.map(({ time }) => time),
      [at(4), at(18)],
    )
    assert.equal(faultsOf([run('F-0411', 0, 5, 10)], [event('F-0203', 6)]).length, 2)
  })
  it('are none where an event says that there is none', () => {
    assert.deepEqual(faultsOf([], [event(null, 8, true)]), [])
  })
})
