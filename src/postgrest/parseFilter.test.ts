import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApiError } from '../errors.ts'
import { type Condition, DEPTH, parseFilter, parseFilterList, parseLogic } from './parseFilter.ts'

const refused = (parse: () => unknown, details?: RegExp) =>
  assert.throws(parse, (error: unknown) => {
    assert.ok(error instanceof ApiError, String(error))
    assert.equal(error.details?.code, 'PGRST100')
    if (details !== undefined) assert.match(String(error.details?.details), details)
    return true
  })

/** A condition as one line. */
function lineOf(condition: Condition): string {
  const not = condition.negated ? 'not ' : ''
  if (condition.kind !== 'filter') return `${not}${condition.kind}(${condition.members.map(lineOf).join(', ')})`
  const { path, operator, quantifier, language, value, values } = condition
  const option = quantifier ?? language
  const steps = path.steps.map(({ arrow, key }) => arrow + JSON.stringify(key)).join('')
  const operand = JSON.stringify(values ?? value)
  return `${not}${path.column}${steps} ${operator}${option === undefined ? '' : `(${option})`} ${operand}`
}

describe('a filter of the query string', () => {
  for (const [name, text, line] of [
    ['a', 'eq.1', 'a eq "1"'],
    ['a', 'not.eq.1', 'not a eq "1"'],
    ['a', 'eq.not.eq.1', 'a eq "not.eq.1"'],
    ['a', 'eq.', 'a eq ""'],
    ['a', 'eq.x, "y" (z): {1}', String.raw`a eq "x, \"y\" (z): {1}"`],
    ['a', 'eq."quoted"', String.raw`a eq "\"quoted\""`],
    ['a', 'like(any).{x*,y*}', 'a like(any) "{x*,y*}"'],
    ['a', 'not.gte(all).{1,2}', 'not a gte(all) "{1,2}"'],
    ['a', 'wfts(english).fat cat', 'a wfts(english) "fat cat"'],
    ['a', 'isdistinct.1', 'a isdistinct "1"'],
    ['a', 'is.NULL', 'a is "null"'],
    ['a', 'not.is.not_null', 'not a is "not_null"'],
    ['a', 'in.(1, 2 ,"b,c","d\\"e",)', String.raw`a in ["1","2","b,c","d\"e",""]`],
    ['a', 'in.()', 'a in []'],
    ['a->b->>0', 'eq.1', 'a->"b"->>0 eq "1"'],
    ['a->-1->"b c"', 'eq.1', 'a->-1->"b c" eq "1"'],
    ['"a ""b"', 'eq.1', undefined],
    ['"a,b"', 'eq.1', 'a,b eq "1"'],
  ] as const)
    it(`${name}=${text}`, () => {
      if (line === undefined) refused(() => parseFilter(name, text))
      else assert.equal(lineOf(parseFilter(name, text)), line)
    })

  it('says where it stops to understand', () => {
    refused(() => parseFilter('a', 'nonsense.1'), /^unexpected "n" expecting "not" or operator/)
    refused(() => parseFilter('a', 'in.(1'), /^unexpected end of input expecting "\)"/)
    refused(() => parseFilter('a', 'is.maybe'), /^unexpected "m" expecting isVal/)
    refused(() => parseFilter('a', 'like(some).x'), /expecting "any" or "all"$/)
    for (const [name, text] of [
      ['a', ''],
      ['a', 'eq'],
      ['a', 'not.not.eq.1'],
      ['a', 'in.(1)2'],
      ['a', 'fts(.x'],
      ['a->>b->c', 'eq.1'],
      ['a->', 'eq.1'],
      ['', 'eq.1'],
    ] as const)
      refused(() => parseFilter(name, text))
  })
})

describe('a logic tree', () => {
  for (const [text, line] of [
    ['(a.eq.1,b.gt.2)', 'or(a eq "1", b gt "2")'],
    ['( a.eq.1 , not.b.is.null )', undefined],
    ['(a.not.eq.1,not.and(b.eq.2,c.eq.3))', 'or(not a eq "1", not and(b eq "2", c eq "3"))'],
    ['(and=(a.eq.1),or = (b.eq.2))', 'or(and(a eq "1"), or(b eq "2"))'],
    ['(a.eq."x,)(\\"",b.in.(1,"2)"))', String.raw`or(a eq "x,)(\"", b in ["1","2)"])`],
    ['(a.cs.{"b":[1,{"c":")"}]},d.ov.[1,5))', String.raw`or(a cs "{\"b\":[1,{\"c\":\")\"}]}", d ov "[1,5)")`],
    ['(a->>b.eq.1, android.eq.1 )', 'or(a->>"b" eq "1", android eq "1")'],
    ['(time.gt.2024-01-01T00:00:00.5Z)', 'or(time gt "2024-01-01T00:00:00.5Z")'],
  ] as const)
    it(text, () => {
      if (line === undefined) refused(() => parseLogic('or', false, text))
      else assert.equal(lineOf(parseLogic('or', false, text)), line)
    })

  it(`is at most ${DEPTH} deep`, () => {
    const deep = (depth: number) => `${'(and'.repeat(depth - 1)}(a.eq.1${')'.repeat(depth)}`
    assert.equal(parseLogic('or', true, deep(DEPTH)).negated, true)
    refused(() => parseLogic('or', false, deep(DEPTH + 1)))
  })

  it('is refused when it has no end, no member, or one after it', () => {
    for (const text of ['', '(', '()', '(a.eq.1', '(a.eq.1)b', '(a.eq.1,)', '(a)', '(a.cs.{1)', '(a.eq."b)'])
      refused(() => parseLogic('and', false, text))
  })
})

describe('filters of a subscription', () => {
  it('hold together', () => {
    assert.deepEqual(parseFilterList('a=eq.1, b=in.(2,"3,4"),c=not.is.null,d=eq."x,y"').map(lineOf), [
      'a eq "1"',
      'b in ["2","3,4"]',
      'not c is "null"',
      'd eq "x,y"',
    ])
  })

  it('are refused when one is none', () => {
    for (const text of ['a', 'a.eq.1', 'a=1', 'a=eq.1,', 'a=in.(1']) refused(() => parseFilterList(text))
  })
})
