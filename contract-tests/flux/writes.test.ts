import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { startTestServer } from '../support/testServer.ts'
import { OBJECT, restOf } from './rest.ts'

const server = await startTestServer()
const rest = restOf(server)

type Row = Record<string, unknown>
/** Rows of a site that no other test has. */
const namesAt = async (site: string): Promise<string[]> =>
  (await rest('GET', `/mg_device_registry?select=name&order=name&site=eq.${site}`)).body.map(({ name }: Row) => name)
const device = (site: string, name: string, more: Row = {}) => ({ name, type: 'test', site, ...more })
const register = (body: unknown, query = '', prefer = '', headers: Record<string, string> = {}) =>
  rest('POST', `/mg_device_registry${query}`, { body, headers: { prefer, ...headers } })
/** A site with devices a, b and c. */
async function newSite(): Promise<string> {
  const site = randomUUID()
  await register(['a', 'b', 'c'].map(name => device(site, name)))
  return site
}

describe('POST', () => {
  it('201 with nothing, with the rows, or with the way to the row', async () => {
    const site = randomUUID()
    const minimal = await register(device(site, 'a'))
    assert.deepEqual([minimal.status, minimal.body, minimal.headers.get('content-range')], [201, undefined, '*/*'])
    const whole = await register(device(site, 'b'), '?select=name', 'return=representation,count=exact')
    assert.deepEqual([whole.status, whole.body, whole.headers.get('content-range')], [201, [{ name: 'b' }], '*/1'])
    assert.equal(whole.headers.get('preference-applied'), 'return=representation, count=exact')
    const located = await register(device(site, 'c'), '', 'return=headers-only')
    assert.deepEqual([located.status, located.body], [201, undefined])
    const there = await server.call('GET', located.headers.get('location')!, {
      headers: { apikey: server.credentials.flux.anon_key },
    })
    assert.deepEqual(
      there.body.map(({ name }: Row) => name),
      ['c'],
    )
  })

  it('a Location finds a key of two columns, one of them an instant', async () => {
    const reading = { device_id: randomUUID(), time: '2024-01-01T12:00:00.123456Z' }
    const { headers } = await rest('POST', '/mg_bess_readings', {
      body: reading,
      headers: { prefer: 'return=headers-only' },
    })
    const there = await server.call('GET', headers.get('location')!, {
      headers: { apikey: server.credentials.flux.anon_key },
    })
    assert.deepEqual(
      there.body.map(({ device_id, time }: Row) => ({ device_id, time })),
      [reading],
    )
  })

  it('many rows are all written or none', async () => {
    const site = randomUUID()
    const many = Array.from({ length: 500 }, (_, index) => device(site, String(index).padStart(3, '0')))
    const last = { ...many[499], active: 'perhaps' }
    const refused = await register([...many.slice(0, 499).map(row => ({ ...row, active: true })), last])
    assert.deepEqual([refused.status, refused.body.code], [400, '22P02'])
    assert.deepEqual(await namesAt(site), [])
    assert.equal((await register(many)).status, 201)
    assert.equal((await namesAt(site)).length, 500)
    assert.equal((await register([])).status, 201)
  })

  it('406 for one object of several rows, and none of them is written', async () => {
    for (const prefer of ['return=representation', 'return=minimal']) {
      const site = randomUUID()
      const body = [device(site, 'a'), device(site, 'b')]
      const refused = await register(body, '', prefer, { accept: OBJECT })
      assert.deepEqual([refused.status, refused.body.code], [406, 'PGRST116'])
      assert.deepEqual(await namesAt(site), [])
    }
    const one = await register(device(randomUUID(), 'a'), '?select=name', 'return=representation', { accept: OBJECT })
    assert.deepEqual([one.status, one.body], [201, { name: 'a' }])
  })

  it('missing=default puts defaults where a row has no value, else null', async () => {
    const site = randomUUID()
    const rows = [device(site, 'a'), device(site, 'b', { active: false })]
    const query = '?select=name,active&columns=name,type,"site",active'
    const filled = await register(rows, query, 'missing=default,return=representation')
    assert.deepEqual(filled.body, [
      { name: 'a', active: true },
      { name: 'b', active: false },
    ])
    const bare = await register(rows, query, 'return=representation')
    assert.deepEqual([bare.status, bare.body.code], [400, '23502'])
  })

  it('columns= leaves out what it does not name', async () => {
    const site = randomUUID()
    const body = [{ ...device(site, 'a'), type: 'test', nothing: 1, active: false }]
    const { body: rows } = await register(
      body,
      '?columns="name","type",site&select=name,active',
      'return=representation',
    )
    assert.deepEqual(rows, [{ name: 'a', active: true }])
  })

  it('tx=rollback answers as if, and writes nothing', async () => {
    const site = randomUUID()
    const { status, headers, body } = await register(
      device(site, 'a'),
      '?select=name',
      'tx=rollback,return=representation',
    )
    assert.deepEqual([status, body], [201, [{ name: 'a' }]])
    assert.match(headers.get('preference-applied')!, /tx=rollback/)
    assert.deepEqual(await namesAt(site), [])
  })

  it('Content-Profile: none, public and flux are the same tables, another is 406', async () => {
    const site = randomUUID()
    for (const profile of ['public', 'flux'])
      assert.equal((await register(device(site, profile), '', '', { 'content-profile': profile })).status, 201)
    const other = await register(device(site, 'other'), '', '', { 'content-profile': 'other' })
    assert.deepEqual([other.status, other.body.code], [406, 'PGRST106'])
    assert.deepEqual(await namesAt(site), ['flux', 'public'])
  })
})

describe('CSV', () => {
  it('goes in and comes out with quotes, the word NULL and an empty text', async () => {
    const site = randomUUID()
    const csv = [
      'name,type,site,metadata',
      `"A ""quoted"", and a comma",test,${site},NULL`,
      `"NULL",,${site},12.5`,
      `"two\nlines",test,${site},true`,
    ].join('\r\n')
    const headers = { 'content-type': 'text/csv; charset=utf-8' }
    assert.equal((await rest('POST', '/mg_device_registry', { body: csv, headers })).status, 201)
    const query = `/mg_device_registry?select=name,type,metadata&order=name&site=eq.${site}`
    const { body } = await rest('GET', query)
    assert.deepEqual(
      body.map(({ name, type, metadata }: Row) => [name, type, metadata === null]),
      [
        ['A "quoted", and a comma', 'test', true],
        ['NULL', '', false],
        ['two\nlines', 'test', false],
      ],
    )
    const out = await rest('GET', query.replace(',metadata', ''), { headers: { accept: 'text/csv' } })
    assert.equal(out.body, 'name,type\n"A ""quoted"", and a comma",test\nNULL,\n"two\nlines",test\n')
    assert.equal(out.headers.get('content-type'), 'text/csv')
  })

  it('a null is an empty field', async () => {
    const site = await newSite()
    const out = await rest('GET', `/mg_device_registry?select=metadata,name&order=name&site=eq.${site}&limit=1`, {
      headers: { accept: 'text/csv' },
    })
    assert.equal(out.body, 'metadata,name\n,a\n')
  })
})

describe('an upsert', () => {
  const reading = () => ({ device_id: randomUUID(), time: '2024-01-01T12:00:00.000Z', soe: 10, target_power: 1 })
  const upsert = (body: unknown, resolution: string, query = '') =>
    rest('POST', `/mg_bess_readings?select=soe,target_power${query}`, {
      body,
      headers: { prefer: `resolution=${resolution}-duplicates,return=representation` },
    })

  it('merges what it gives into the row that is there', async () => {
    const { device_id, time, ...values } = reading()
    assert.deepEqual((await upsert([{ device_id, time, ...values }], 'merge')).body, [values])
    const merged = await upsert([{ device_id, time, soe: 20 }], 'merge', '&on_conflict=device_id,time')
    assert.deepEqual([merged.status, merged.body], [201, [{ soe: 20, target_power: 1 }]])
  })

  it('ignores the row when asked to', async () => {
    const row = reading()
    await upsert(row, 'ignore')
    const ignored = await upsert([{ ...row, soe: 20 }, reading()], 'ignore')
    assert.deepEqual([ignored.status, ignored.body], [201, [{ soe: 10, target_power: 1 }]])
    const { body } = await rest('GET', `/mg_bess_readings?select=soe&device_id=eq.${row.device_id}`)
    assert.deepEqual(body, [{ soe: 10 }])
  })

  it('42P10 on id alone, which no index makes unique over all partitions', async () => {
    const row = reading()
    const refused = await upsert(row, 'merge', '&on_conflict=id')
    assert.deepEqual([refused.status, refused.body.code], [400, '42P10'])
    assert.deepEqual((await rest('GET', `/mg_bess_readings?device_id=eq.${row.device_id}`)).body, [])
  })

  it('409 without one, with the key that is taken, in whichever partition', async () => {
    for (const time of ['2024-01-01T12:00:00.000Z', new Date().toISOString()]) {
      const row = { ...reading(), time }
      await rest('POST', '/mg_bess_readings', { body: row })
      const { status, body } = await rest('POST', '/mg_bess_readings', { body: row })
      assert.deepEqual([status, body.code], [409, '23505'])
      assert.match(body.details, new RegExp(`^Key \\(device_id, "time"\\)=\\(${row.device_id}, .*\\) already exists`))
    }
  })
})
