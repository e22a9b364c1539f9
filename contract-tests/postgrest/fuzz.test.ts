import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import { routines, tables } from '../../src/contracts/flux/tables.ts'
import { ApiError } from '../../src/errors.ts'
import { connect } from '../../src/postgres/connect.ts'
import { planRequest, type RestRequest } from '../../src/postgrest/plan.ts'
import { statementOf } from '../../src/postgrest/query.ts'
import { run } from '../../src/postgrest/run.ts'
import { openTestDatabase } from '../support/testServer.ts'

const SEED = 20261121
/** Stands in every generated value, so that one in the text of a statement would be found. */
const MARK = 'zqx'

const value = fc.oneof(
  fc.string({ maxLength: 12 }).map(text => `${MARK}${text}`),
  fc.integer({ min: 0, max: 99 }).map(number => `${MARK}${number}`),
  fc.constantFrom(
    `${MARK}"`,
    `${MARK}'; drop table x; --`,
    `${MARK}\\`,
    `${MARK}$1`,
    `${MARK},(.)`,
    `{${MARK},"${MARK}"}`,
  ),
)
/** Mostly what there is, so that most requests get far. */
const often = <T>(usual: T[], odd: T[]) =>
  fc.oneof({ weight: 19, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: fc.constantFrom(...odd) })
const columns = ['id', 'time', 'created_at', 'time_b', 'device_id']
const shared = ['id', 'created_at']
const odd = ['name', 'metadata->>a', 'metadata->b->0', 'nothing', '"id"', '*', '', ...columns]
const column = often(shared, odd)
const operator = often(
  [
    ...'eq neq gt gte lt lte like ilike match imatch in is isdistinct fts plfts phfts wfts cs cd ov sl sr nxr nxl adj'.split(
      ' ',
    ),
    'eq(any)',
    'like(all)',
    'fts(english)',
    'not.eq',
    'not.in',
  ],
  ['nonsense'],
)
const operand = fc.tuple(operator, value).map(([name, text]) => {
  if (name.endsWith('in')) return `${name}.(${text},"${text}")`
  return name === 'is' ? 'is.null' : `${name}.${text}`
})
const condition = fc.tuple(column, operand).map(([name, text]) => `${name}.${text}`)
const tree: fc.Arbitrary<string> = fc.letrec<{ tree: string }>(tie => ({
  tree: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'tree' },
    condition,
    fc
      .tuple(
        fc.constantFrom('and', 'or', 'not.and', 'or=', 'not.or='),
        fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
      )
      .map(([kind, members]) => `${kind}(${members.join(',')})`),
  ),
})).tree
const pair = fc.oneof(
  fc.tuple(column, operand),
  fc.tuple(
    fc.constantFrom('and', 'or', 'not.or'),
    fc.array(tree, { maxLength: 3 }).map(members => `(${members.join(',')})`),
  ),
  fc.tuple(
    fc.constant('select'),
    fc
      .array(fc.tuple(column, fc.constantFrom('', `${MARK}:`), often(['', '::text'], ['::nonsense'])))
      .map(items => items.map(([name, alias, cast]) => `${alias}${name}${cast}`).join(',')),
  ),
  fc.tuple(
    fc.constant('order'),
    fc
      .array(fc.tuple(column, often(['', '.desc', '.asc.nullsfirst'], ['.up'])))
      .map(terms => terms.map(term => term.join('')).join(',')),
  ),
  fc.tuple(
    fc.constantFrom('limit', 'offset', 'on_conflict', 'columns', 'after'),
    fc.oneof(value, fc.integer().map(String), column),
  ),
)
const search = fc
  .tuple(
    fc.array(
      fc.oneof(
        { weight: 9, arbitrary: pair },
        { weight: 1, arbitrary: fc.tuple(fc.string({ maxLength: 8 }), fc.string({ maxLength: 20 })) },
      ),
      { maxLength: 4 },
    ),
    fc.boolean(),
  )
  .map(([pairs, raw]) =>
    pairs.map(([name, text]) => (raw ? `${name}=${text}` : `${encode(name)}=${encode(text)}`)).join('&'),
  )
const encode = (text: string) => encodeURIComponent(text.toWellFormed())
const body = fc.oneof(
  fc.constant(undefined),
  fc.json({ maxDepth: 2 }).map(text => ({ kind: 'json' as const, value: JSON.parse(text), text })),
  fc
    .array(fc.dictionary(fc.constantFrom(...columns), fc.oneof(value, fc.double(), fc.constant(null))), {
      maxLength: 3,
    })
    .map(rows => ({ kind: 'json' as const, value: rows, text: JSON.stringify(rows) })),
  fc.string().map(text => ({ kind: 'csv' as const, text: `name,type,site\n${text}` })),
)
const request: fc.Arbitrary<RestRequest> = fc
  .record({
    method: fc.constantFrom('GET' as const, 'POST' as const, 'PATCH' as const, 'DELETE' as const),
    search,
    headers: fc.record(
      {
        prefer: fc.constantFrom(
          'return=representation',
          'count=exact',
          'resolution=merge-duplicates,missing=default',
          'handling=strict,x=y',
          'tx=rollback',
        ),
        accept: often(
          ['*/*', 'text/csv', 'application/vnd.pgrst.object+json', 'application/vnd.pgrst.array+json;nulls=stripped'],
          ['image/png'],
        ),
        range: often(['0-3', 'x'], ['5-1']),
        'accept-profile': often(['flux', 'public'], ['other']),
      },
      { requiredKeys: [] },
    ),
    body,
  })
  .map(({ body: given, ...rest }) => (given === undefined ? rest : { ...rest, body: given }))
const target = fc.constantFrom(tables.mg_device_registry, tables.mg_bess_readings, routines.get_meter_readings_5m)

/** The statement of a request, or undefined for one that is refused in the words of the contract. */
function planned(where: typeof tables.mg_device_registry | typeof routines.get_meter_readings_5m, asked: RestRequest) {
  try {
    const plan = planRequest(where, asked)
    return { plan, statement: statementOf(plan) }
  } catch (error) {
    assert.ok(error instanceof ApiError, String((error as Error).stack))
    assert.match(String(error.details?.code), /^(PGRST\d{3}|[0-9A-Z]{5})$/)
    return undefined
  }
}

describe('the grammar', () => {
  it('refuses or plans 20,000 requests, and no statement has a value in its text', () => {
    let plans = 0
    fc.assert(
      fc.property(target, request, (where, asked) => {
        const text = planned(where, asked)?.statement?.text
        if (text === undefined) return
        plans++
        assert.ok(!text.includes(MARK), text)
      }),
      { numRuns: 20_000, seed: SEED },
    )
    assert.ok(plans > 1000, `only ${plans} were planned`)
  })

  it('makes the same statement of requests that differ in their values only', () => {
    fc.assert(
      fc.property(target, request, (where, asked) => {
        const other = { ...asked, search: asked.search.replaceAll(MARK, 'other') }
        assert.equal(planned(where, other)?.statement?.text, planned(where, asked)?.statement?.text)
      }),
      { numRuns: 2000, seed: SEED },
    )
  })

  it('takes time in proportion to the length of what it reads', () => {
    for (const text of ['(', 'not.', 'a->', '"', '\\"', 'and(', 'eq.', ',']) {
      const long = text.repeat(20_000)
      const from = performance.now()
      for (const name of ['or', 'select', 'order', 'name', 'columns', long]) {
        planned(tables.mg_device_registry, { method: 'GET', search: `${encode(name)}=${encode(long)}`, headers: {} })
      }
      assert.ok(performance.now() - from < 5000, text)
    }
  })
})

describe('Postgres', async () => {
  const place = await openTestDatabase()
  const { rolePools, close } = connect(place.url, () => {})
  after(async () => {
    await close()
    await place.drop()
  })

  it('takes what the grammar makes of 1,500 requests, or says what the caller did wrong', async () => {
    await fc.assert(
      fc.asyncProperty(target, request, async (where, asked) => {
        const plan = planned(where, asked)?.plan
        if (plan === undefined) return
        // What is written is taken back, so that every request meets the same tables.
        if (plan.kind !== 'read') plan.transaction = 'rollback'
        try {
          await run(rolePools.service_role, plan, false)
        } catch (error) {
          assert.ok(error instanceof ApiError, String((error as Error).stack))
          const code = String(error.details?.code)
          assert.notEqual(code, '42601', `a statement of ours does not parse: ${error.message}`)
          assert.ok(error.kind !== 'internal' && error.kind !== 'unavailable', `${code} ${error.message}`)
        }
      }),
      { numRuns: 1500, seed: SEED },
    )
  })
})
