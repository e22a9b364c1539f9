import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tables } from '../../contracts/flux/tables.ts'
import { ApiError } from '../../errors.ts'
import { compilePredicate, like } from './predicate.ts'

const device_id = '123e4567-e89b-12d3-a456-426614174000'
/** Rows as the feed gives them: what JavaScript has no type for is text as Postgres prints it. */
const reading = { device_id, time: '2024-01-01 12:00:00.5+00', soe: 50, target_power: null, command_source: 2 }
const device = { id: device_id, name: 'Pump 1_a', type: 'bess', site: 'S', active: true, metadata: null }

describe('a predicate', () => {
  const { mg_bess_readings, mg_device_registry } = tables
  for (const [table, row, filters] of [
    [
      mg_bess_readings,
      reading,
      {
        '': true,
        [`device_id=eq.${device_id.toUpperCase()}`]: true,
        [`device_id=neq.${device_id}`]: false,
        'soe=eq.50.0': true,
        'soe=gt.9': true,
        'soe=gt.50': false,
        'soe=gte.50': true,
        'soe=lt.100': true,
        'soe=lte.49.9': false,
        'soe=in.(1,50)': true,
        'soe=not.in.(1,50)': false,
        'soe=isdistinct.50': false,
        'time=eq.2024-01-01T14:00:00.500+02:00': true,
        'time=gt.2024-01-01T12:00:00.499999Z': true,
        'time=gt.2024-01-01T12:00:00.500000Z': false,
        'time=lt."2024-01-01 12:00:01"': true,
        'time=gte.2024-01-01': true,
        'soe=gt.10,soe=lt.20': false,
        'soe=gt.10,command_source=eq.2': true,
      },
    ],
    // As in SQL: what is compared with a null is neither true nor false, and so is its negation.
    [
      mg_bess_readings,
      reading,
      {
        'target_power=eq.0': false,
        'target_power=neq.0': false,
        'target_power=not.eq.0': false,
        'target_power=not.in.(0)': false,
        'target_power=isdistinct.0': true,
        'target_power=is.null': true,
        'target_power=not.is.null': false,
        'target_power=is.not_null': false,
        'soe=is.not_null': true,
      },
    ],
    [
      mg_device_registry,
      device,
      {
        'name=like.Pump*': true,
        'name=like.pump*': false,
        'name=ilike.pUMP%': true,
        'name=not.like.*1*': false,
        'name=in.("a,b","Pump 1_a")': true,
        'name=lt.Q': true,
        'active=is.true': true,
        'active=eq.t': true,
        'active=eq.false': false,
        'metadata=is.null': true,
        'metadata=is.unknown': true,
      },
    ],
  ] as const)
    for (const [filter, wanted] of Object.entries(filters))
      it(`${filter || 'nothing'} ${wanted ? 'holds' : 'does not hold'}`, () =>
        assert.equal(compilePredicate(table, filter).matches(row), wanted))

  it('names a value that the row must have, where an index could use it', () => {
    const equals = (filter: string) => compilePredicate(mg_bess_readings, filter).equals
    assert.deepEqual(equals(`soe=gt.1,device_id=eq.${device_id.toUpperCase()}`), {
      column: 'device_id',
      value: device_id,
    })
    // However a number is written.
    assert.equal(compilePredicate(tables.market_data, 'type=eq.01.0').equals?.value, '1')
    for (const filter of ['', 'soe=eq.1', `device_id=not.eq.${device_id}`, `device_id=in.(${device_id})`])
      assert.equal(equals(filter), undefined)
  })

  it('refuses a column, value or operator that no row can be asked', () => {
    for (const [filter, code] of [
      ['nothing=eq.1', '42703'],
      ['device_id=eq.x', '22P02'],
      ['soe=gt.much', '22P02'],
      ['soe=eq.', '22P02'],
      ['soe=in.(1,x)', '22P02'],
      ['time=gt.yesterday', '22P02'],
      ['soe=like.1*', 'PGRST100'],
      ['soe=match.1', 'PGRST100'],
      ['soe=eq(any).{1}', 'PGRST100'],
      ['soe=nonsense.1', 'PGRST100'],
      ['soe', 'PGRST100'],
    ] as const)
      assert.throws(
        () => compilePredicate(mg_bess_readings, filter),
        (error: unknown) => error instanceof ApiError && error.details?.code === code,
        filter,
      )
    for (const filter of ['metadata=eq.{}', 'metadata->>a=eq.1'])
      assert.throws(() => compilePredicate(mg_device_registry, filter), ApiError)
  })
})

describe('like', () => {
  it('is what SQL has', () => {
    for (const [text, pattern, wanted] of [
      ['', '', true],
      ['', '%', true],
      ['a', '', false],
      ['abc', 'abc', true],
      ['abc', 'a_c', true],
      ['abc', 'ab', false],
      ['abc', '%c', true],
      ['abcbc', 'a%bc', true],
      ['abcb', 'a%bc', false],
      ['a%c', 'a\\%c', true],
      ['abc', 'a\\%c', false],
      ['a_c', 'a\\_c', true],
      ['a\nb', 'a%b', true],
      ['a.c', 'a.c', true],
      ['abc', 'a.c', false],
      ['%', '%%', true],
    ] as const)
      assert.equal(like(text, pattern), wanted, `${text} like ${pattern}`)
  })

  it('takes no longer for a pattern that is made to', () => {
    const from = performance.now()
    assert.equal(like('a'.repeat(5000), `${'%a'.repeat(50)}b`), false)
    assert.ok(performance.now() - from < 1000)
  })
})
