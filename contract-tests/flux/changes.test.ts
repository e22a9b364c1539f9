import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { startTestServer } from '../support/testServer.ts'
import { OBJECT, restOf } from './rest.ts'

const server = await startTestServer()
const rest = restOf(server)

type Row = { name: string; type: string }
/** A site with devices a, b and c of type test. */
async function newSite(): Promise<string> {
  const site = randomUUID()
  await rest('POST', '/mg_device_registry', { body: ['a', 'b', 'c'].map(name => ({ name, type: 'test', site })) })
  return site
}
const stateOf = async (site: string): Promise<string> =>
  (await rest('GET', `/mg_device_registry?select=name,type&order=name&site=eq.${site}`)).body
    .map(({ name, type }: Row) => `${name}:${type}`)
    .join(' ')
const UNTOUCHED = 'a:test b:test c:test'
const patch = (query: string, body: unknown, headers: Record<string, string> = {}) =>
  rest('PATCH', `/mg_device_registry?${query}`, { body, headers })
const remove = (query: string, headers: Record<string, string> = {}) =>
  rest('DELETE', `/mg_device_registry?${query}`, { headers })

describe('PATCH', () => {
  it('changes the rows that its filters find', async () => {
    const site = await newSite()
    const answer = await patch(`site=eq.${site}&name=in.(a,b)`, { type: 'new' }, { prefer: 'count=exact' })
    assert.deepEqual([answer.status, answer.body, answer.headers.get('content-range')], [204, undefined, '0-1/2'])
    assert.equal(await stateOf(site), 'a:new b:new c:test')
    const shown = await patch(
      `site=eq.${site}&name=eq.c&select=name,type`,
      { type: 'new' },
      { prefer: 'return=representation' },
    )
    assert.deepEqual([shown.status, shown.body], [200, [{ name: 'c', type: 'new' }]])
  })

  it('200 or 204 without a row when there is none, or nothing to set', async () => {
    const site = await newSite()
    const none = await patch(`site=eq.${site}&name=eq.x`, { type: 'new' }, { prefer: 'return=representation' })
    assert.deepEqual([none.status, none.body, none.headers.get('content-range')], [200, [], '*/*'])
    assert.equal((await patch(`site=eq.${site}`, {})).status, 204)
    assert.equal(await stateOf(site), UNTOUCHED)
  })

  it('changes the first rows of an order only, with a limit', async () => {
    const site = await newSite()
    await patch(`site=eq.${site}&order=name.desc&limit=2`, { type: 'new' })
    assert.equal(await stateOf(site), 'a:test b:new c:new')
  })

  it('sets what columns= names', async () => {
    const site = await newSite()
    await patch(`site=eq.${site}&name=eq.a&columns=type`, { type: 'new', name: 'z', nothing: 1 })
    assert.equal(await stateOf(site), 'a:new b:test c:test')
  })
})

describe('DELETE', () => {
  it('removes the rows that its filters find', async () => {
    const site = await newSite()
    const answer = await remove(`site=eq.${site}&or=(name.eq.a,name.eq.c)&select=name`, {
      prefer: 'return=representation,count=exact',
    })
    assert.deepEqual([answer.status, answer.headers.get('content-range')], [200, '*/2'])
    assert.deepEqual(answer.body.map(({ name }: Row) => name).sort(), ['a', 'c'])
    assert.equal(await stateOf(site), 'b:test')
    assert.equal((await remove(`site=eq.${site}`)).status, 204)
    assert.equal(await stateOf(site), '')
  })
})

/** Both kinds of change, each on all rows of a site where nothing says otherwise. */
const changes: [
  name: string,
  send: (query: string, headers?: Record<string, string>) => ReturnType<typeof remove>,
  done: string,
][] = [
  ['PATCH', (query, headers) => patch(query, { type: 'new' }, headers), 'a:new b:new c:new'],
  ['DELETE', remove, ''],
]
for (const [method, send, done] of changes) {
  describe(`${method} is taken back`, () => {
    it('400 without a filter, whatever else is there', async () => {
      const site = await newSite()
      for (const query of ['', 'limit=1&order=id', 'select=name']) {
        const refused = await send(query)
        assert.deepEqual([refused.status, refused.body.code], [400, '21000'])
        assert.match(refused.body.message, /requires a WHERE clause/)
      }
      assert.equal(await stateOf(site), UNTOUCHED)
    })

    it('400 when it would change more rows than max-affected, where handling is strict', async () => {
      const site = await newSite()
      const refused = await send(`site=eq.${site}`, { prefer: 'handling=strict,max-affected=2' })
      assert.deepEqual([refused.status, refused.body.code], [400, 'PGRST124'])
      assert.equal(refused.body.details, 'The query affects 3 rows')
      assert.equal(await stateOf(site), UNTOUCHED)
      const allowed = await send(`site=eq.${site}`, { prefer: 'handling=strict,max-affected=3' })
      assert.deepEqual(
        [allowed.status, allowed.headers.get('preference-applied')],
        [204, 'handling=strict, max-affected=3'],
      )
      assert.equal(await stateOf(site), done)
    })

    it('but not for max-affected where handling is lenient', async () => {
      const site = await newSite()
      const { status, headers } = await send(`site=eq.${site}`, { prefer: 'max-affected=2' })
      assert.deepEqual([status, headers.get('preference-applied')], [204, null])
      assert.equal(await stateOf(site), done)
    })

    it('406 when one object is asked for and there are several', async () => {
      const site = await newSite()
      for (const prefer of ['return=representation', 'return=minimal']) {
        const refused = await send(`site=eq.${site}`, { accept: OBJECT, prefer })
        assert.deepEqual([refused.status, refused.body.code], [406, 'PGRST116'])
      }
      assert.equal(await stateOf(site), UNTOUCHED)
    })

    it('after its answer with tx=rollback', async () => {
      const site = await newSite()
      const { status, body } = await send(`site=eq.${site}`, { prefer: 'tx=rollback,return=representation' })
      assert.deepEqual([status, body.length], [200, 3])
      assert.equal(await stateOf(site), UNTOUCHED)
    })
  })
}
