import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApiError } from '../errors.ts'
import { parseQuery, splitQuery } from './parseQuery.ts'
import { parseNames, parseOrder, parseSelect } from './parseSelect.ts'

const refused = (code: string, parse: () => unknown) =>
  assert.throws(parse, (error: unknown) => {
    assert.ok(error instanceof ApiError, String(error))
    assert.equal(error.details?.code, code)
    return true
  })
const path = (column: string, ...steps: unknown[]) => ({ column, steps })

describe('splitQuery', () => {
  it('reads names and values in their order, with or without escapes', () => {
    assert.deepEqual(splitQuery('a=1&a=2&&b=x=y&c&%C3%BC+d=%2B%26+e'), [
      ['a', '1'],
      ['a', '2'],
      ['b', 'x=y'],
      ['c', ''],
      ['ü d', '+& e'],
    ])
    assert.deepEqual(splitQuery(''), [])
    for (const text of ['a=%', 'a=%zz', '%FF=1']) refused('PGRST100', () => splitQuery(text))
  })
})

describe('parseQuery', () => {
  it('tells what is reserved from filters and arguments', () => {
    const pairs = splitQuery(
      'select=a&order=b.desc&limit=5&offset=2&columns=a,b&on_conflict=c&after=["x",null]&d=eq.1&not.or=(e.is.null)&f=x',
    )
    const query = parseQuery(pairs, name => name === 'f')
    assert.deepEqual([query.limit, query.offset], [5, 2])
    assert.deepEqual([query.columns, query.onConflict, query.after], [['a', 'b'], ['c'], ['x', null]])
    assert.deepEqual(
      query.conditions.map(({ kind, negated }) => [kind, negated]),
      [
        ['filter', false],
        ['or', true],
      ],
    )
    assert.deepEqual(query.arguments, [['f', 'x']])
  })

  it('has defaults, and takes what is empty for nothing', () => {
    const bare = parseQuery([])
    assert.deepEqual([bare.select, bare.limit, bare.offset, bare.order], [['*'], undefined, 0, []])
    assert.deepEqual(parseQuery(splitQuery('select=&order=&columns=&on_conflict=')), bare)
  })

  it('refuses numbers that are none, and a limit below zero', () => {
    for (const text of ['limit=x', 'limit=', 'limit=1e3', 'offset=1.5', 'offset=9999999999999999'])
      refused('PGRST100', () => parseQuery(splitQuery(text)))
    refused('PGRST103', () => parseQuery(splitQuery('limit=-1')))
    assert.equal(parseQuery(splitQuery('offset=-1')).offset, 0)
  })

  it('refuses a place that no page gave', () => {
    for (const text of ['after=', 'after=x', 'after=[1]', 'after={}', 'after="x"'])
      refused('PGRST100', () => parseQuery(splitQuery(text)))
  })
})

describe('parseSelect', () => {
  it('reads columns, aliases, casts and what lies in json', () => {
    assert.deepEqual(parseSelect('*, a ,x:b::text,c->d->>0,"y z":"e,f"->"g h"::double precision'), [
      '*',
      { path: path('a'), alias: undefined, cast: undefined },
      { path: path('b'), alias: 'x', cast: 'text' },
      { path: path('c', { arrow: '->', key: 'd' }, { arrow: '->>', key: 0 }), alias: undefined, cast: undefined },
      { path: path('e,f', { arrow: '->', key: 'g h' }), alias: 'y z', cast: 'double precision' },
    ])
    assert.deepEqual(parseSelect(' '), ['*'])
  })

  it('refuses what is no list, embedding and aggregates, each with its code', () => {
    for (const text of ['a,,b', 'a,', ',', 'a::', ':a', 'a->', 'a;b', '"a', 'a->>b->c', '(a)'])
      refused('PGRST100', () => parseSelect(text))
    for (const text of ['b(*)', 'x:b!inner(c)', '...b(c)', 'b()']) refused('PGRST200', () => parseSelect(text))
    for (const text of ['a.sum()', 'n:a.count()', 'a::int.avg()']) refused('PGRST123', () => parseSelect(text))
  })
})

describe('parseOrder', () => {
  it('reads directions, nulls and what lies in json', () => {
    assert.deepEqual(
      parseOrder('a,b.desc, c.asc.nullsfirst,d.desc.nullslast,e->f.nullslast').map(
        ({ path: { column }, descending, nullsFirst }) => [column, descending, nullsFirst],
      ),
      [
        ['a', false, undefined],
        ['b', true, undefined],
        ['c', false, true],
        ['d', true, false],
        ['e', false, false],
      ],
    )
  })

  it('refuses another word', () => {
    for (const text of ['a.up', 'a.descending', 'a.desc.nullsmiddle', 'a.nullsfirst.desc', 'a,', ''])
      refused('PGRST100', () => parseOrder(text))
  })
})

describe('parseNames', () => {
  it('reads names with and without quotes', () => {
    assert.deepEqual(parseNames('a, "b,c" ,"d\\"e"', 'columns'), ['a', 'b,c', 'd"e'])
    for (const text of ['a,', '"a', 'a b"', ';']) refused('PGRST100', () => parseNames(text, 'columns'))
  })
})
