import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { startTestServer } from '../support/testServer.ts'

/** What HTTP sees of the tables: statuses, headers and media types as PostgREST 12 has them. */

const server = await startTestServer()
const { anon_key, service_key } = server.credentials.flux

interface Sent {
  headers?: Record<string, string>
  body?: unknown
  key?: string
}

async function send(method: string, path: string, { headers = {}, body, key = service_key }: Sent = {}) {
  const response = await fetch(`${server.url}/rest/v1${path}`, {
    method,
    headers: { apikey: key, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    text,
    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape, and fail where one is not as they say.
    body: (isJson && text !== '' ? JSON.parse(text) : undefined) as any,
  }
}

const device = randomUUID()
const mine = `device_id=eq.${device}`
const at = (minute: number) => `2024-04-01T00:${String(minute).padStart(2, '0')}:00.000Z`
const reading = (minute: number, more: object = {}) => ({ device_id: device, time: at(minute), soe: minute, ...more })
const count = async () => (await send('GET', `/mg_bess_readings?${mine}&select=id`)).body.length

before(async () => {
  const readings = Array.from({ length: 10 }, (_value, minute) => reading(minute))
  assert.equal((await send('POST', '/mg_bess_readings', { body: readings })).status, 201)
})

describe('a read', () => {
  const path = `/mg_bess_readings?${mine}&select=soe&order=time`
  it('says which part of the rows it is', async () => {
    const whole = await send('GET', path)
    assert.deepEqual([whole.status, whole.headers.get('content-range')], [200, '0-9/*'])
    const part = await send('GET', path, { headers: { Range: '2-4', Prefer: 'count=exact' } })
    assert.deepEqual([part.status, part.headers.get('content-range')], [206, '2-4/10'])
    assert.deepEqual(part.body, [{ soe: 2 }, { soe: 3 }, { soe: 4 }])
    assert.equal(part.headers.get('preference-applied'), 'count=exact')
    const limited = await send('GET', `${path}&limit=3&offset=8`, { headers: { Prefer: 'count=exact' } })
    assert.deepEqual([limited.status, limited.headers.get('content-range')], [206, '8-9/10'])
    const none = await send('GET', `${path}&soe=gt.99`, { headers: { Prefer: 'count=exact' } })
    assert.deepEqual([none.status, none.headers.get('content-range'), none.text], [200, '*/0', '[]'])
  })
  it('counts exactly where an estimate is below a thousand', async () => {
    const { headers } = await send('GET', path, { headers: { Prefer: 'count=estimated' } })
    assert.match(headers.get('content-range')!, /^0-9\/10$/)
    const planned = await send('GET', path, { headers: { Prefer: 'count=planned' } })
    assert.match(planned.headers.get('content-range')!, /^0-9\/\d+$/)
  })
  it('416 behind the last row', async () => {
    const { status, body } = await send('GET', `${path}&offset=11`, { headers: { Prefer: 'count=exact' } })
    assert.deepEqual([status, body.code], [416, 'PGRST103'])
    assert.match(body.details, /offset of 11 .* only 10 rows/)
    assert.deepEqual((await send('GET', path, { headers: { Range: '9-2' } })).status, 416)
  })
  it('gives one object to who asks for one, else 406', async () => {
    const Accept = 'application/vnd.pgrst.object+json'
    const one = await send('GET', `${path}&soe=eq.4`, { headers: { Accept } })
    assert.deepEqual([one.status, one.body], [200, { soe: 4 }])
    assert.match(one.headers.get('content-type')!, /^application\/vnd\.pgrst\.object\+json/)
    for (const [filter, rows] of [
      ['soe=eq.99', 0],
      ['soe=gt.7', 2],
    ]) {
      const { status, body } = await send('GET', `${path}&${filter}`, { headers: { Accept } })
      assert.deepEqual([status, body.code, body.details], [406, 'PGRST116', `The result contains ${rows} rows`])
    }
  })
  it('leaves nulls out for who wants them stripped', async () => {
    const Accept = 'application/vnd.pgrst.array+json;nulls=stripped'
    const { body } = await send('GET', `/mg_bess_readings?${mine}&select=soe,target_power&soe=eq.1`, {
      headers: { Accept },
    })
    assert.deepEqual(body, [{ soe: 1 }])
  })
  it('406 for a media type that there is not', async () => {
    const { status, body } = await send('GET', path, { headers: { Accept: 'image/png' } })
    assert.deepEqual([status, body.code], [406, 'PGRST107'])
  })
  it('has the headers of a GET and no body for HEAD', async () => {
    const { status, headers, text } = await send('HEAD', path, { headers: { Prefer: 'count=exact' } })
    assert.deepEqual([status, headers.get('content-range'), text], [200, '0-9/10', ''])
  })
  it('means the same tables without a profile, and by the names public and flux', async () => {
    for (const profile of ['public', 'flux'])
      assert.equal((await send('GET', path, { headers: { 'Accept-Profile': profile } })).body.length, 10)
    const { status, body } = await send('GET', path, { headers: { 'Accept-Profile': 'core' } })
    assert.deepEqual([status, body.code], [406, 'PGRST106'])
    const posted = { headers: { 'Content-Profile': 'core' }, body: reading(30) }
    assert.equal((await send('POST', '/mg_bess_readings', posted)).status, 406)
  })
  it('takes the parameters of long lists from a body', async () => {
    const list = [...Array.from({ length: 2000 }, () => randomUUID()), device].join(',')
    const { status, body } = await send('POST', '/mg_bess_readings/query', {
      body: {
        select: 'soe',
        order: 'soe.desc',
        limit: 2,
        params: { device_id: `in.(${list})`, soe: ['gt.1', 'lt.9'] },
      },
    })
    assert.deepEqual([status, body], [200, [{ soe: 8 }, { soe: 7 }]])
  })
  it('takes 60 kB of URL', async () => {
    const list = [...Array.from({ length: 1600 }, () => randomUUID()), device].join(',')
    const { status, body } = await send('GET', `/mg_bess_readings?device_id=in.(${list})&select=soe&limit=1`)
    assert.deepEqual([status, body.length], [200, 1])
  })
  it('renames, casts and reaches into json', async () => {
    const { body } = await send(
      'GET',
      '/mg_device_registry?name=eq.WLCE-BESS-01&select=label:name,metadata->max_power,text:metadata->>max_power,active::text',
    )
    assert.deepEqual(body, [{ label: 'WLCE-BESS-01', max_power: 100, text: '100', active: 'true' }])
  })
  it('counts against the key, also where there is nothing', async () => {
    for (const path of ['/', '/mg_bess_readings?limit=1', '/mg_secrets', '/rpc/nothing', '/a/b']) {
      const { headers } = await send('GET', path)
      for (const name of ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'])
        assert.match(headers.get(name) ?? '', /^\d+$/, `${name} of ${path}`)
    }
    const stranger = await fetch(`${server.url}/rest/v1/mg_secrets`)
    assert.equal(stranger.status, 401)
    assert.match(stranger.headers.get('x-ratelimit-limit')!, /^\d+$/)
  })
  it('is what the seed says of the root', async () => {
    const { status, body } = await send('GET', '/', { key: anon_key })
    assert.deepEqual([status, body.openapi], [200, '3.1.0'])
  })
})

describe('an insert', () => {
  it('says where the row is, for who asks for headers', async () => {
    const { status, headers, text } = await send('POST', '/mg_bess_readings', {
      body: reading(20),
      headers: { Prefer: 'return=headers-only' },
    })
    assert.deepEqual([status, text], [201, ''])
    const location = headers.get('location')!
    assert.match(location, /^\/rest\/v1\/mg_bess_readings\?device_id=eq\..+&time=eq\..+$/)
    const { body } = await send('GET', location.slice('/rest/v1'.length))
    assert.deepEqual([body.length, body[0].soe], [1, 20])
  })
  it('is all or nothing', async () => {
    const known = await count()
    const { status, body } = await send('POST', '/mg_bess_readings', { body: [reading(21), reading(0), reading(22)] })
    assert.deepEqual([status, body.code], [409, '23505'])
    assert.equal(await count(), known)
  })
  it('takes CSV, where the word NULL is null', async () => {
    const csv = `device_id,time,soe,target_power\n${device},${at(23)},1.5,NULL\n"${device}","${at(24)}",2.5,-40\n`
    const { status } = await send('POST', '/mg_bess_readings', { body: csv, headers: { 'Content-Type': 'text/csv' } })
    assert.equal(status, 201)
    const { text, headers } = await send(
      'GET',
      `/mg_bess_readings?${mine}&time=gte.${at(23)}&order=time&select=time,soe,target_power`,
      { headers: { Accept: 'text/csv' } },
    )
    assert.match(headers.get('content-type')!, /^text\/csv/)
    assert.equal(text.trimEnd(), `time,soe,target_power\n${at(23)},1.5,\n${at(24)},2.5,-40`)
  })
  it('merges or ignores what is there already, by the key of the table', async () => {
    const upsert = (resolution: string, target: string) =>
      send('POST', `/mg_bess_readings?on_conflict=${target}`, {
        body: [reading(1, { soe: 77 }), reading(25)],
        headers: { Prefer: `resolution=${resolution},return=representation` },
      })
    assert.deepEqual(
      (await upsert('ignore-duplicates', 'device_id,time')).body.map((row: { soe: number }) => row.soe),
      [25],
    )
    const merged = await upsert('merge-duplicates', 'device_id,time')
    assert.deepEqual(merged.body.map((row: { soe: number }) => row.soe).sort(), [25, 77])
    const { status, body } = await upsert('merge-duplicates', 'id')
    assert.deepEqual([status, body.code], [400, '42P10'])
  })
  it('fills in defaults where asked to, and takes some columns only', async () => {
    const rows = [{ name: 'a', type: 'meter', site: 'X', active: null }]
    assert.equal((await send('POST', '/mg_device_registry', { body: rows })).body.code, '23502')
    const sparse = [
      { name: 'a', type: 'meter', site: 'X', active: false, junk: 1 },
      { name: 'b', type: 'meter', site: 'X' },
    ]
    const { status, body } = await send('POST', '/mg_device_registry?columns=name,type,site,active', {
      body: sparse,
      headers: { Prefer: 'missing=default,return=representation' },
    })
    assert.equal(status, 201)
    assert.deepEqual(
      body.map((row: { active: boolean }) => row.active),
      [false, true],
    )
  })
  it('is taken back for who only tries', async () => {
    const known = await count()
    const { status, headers, body } = await send('POST', '/mg_bess_readings', {
      body: reading(40),
      headers: { Prefer: 'tx=rollback,return=representation' },
    })
    assert.deepEqual([status, body.length, await count()], [201, 1, known])
    assert.match(headers.get('preference-applied')!, /tx=rollback/)
  })
})

describe('a change', () => {
  it('needs a filter', async () => {
    for (const [method, body] of [
      ['PATCH', { soe: 1 }],
      ['DELETE', undefined],
    ] as const) {
      const answer = await send(method, '/mg_bess_readings', { body })
      assert.deepEqual([answer.status, answer.body.code], [400, '21000'])
    }
    assert.ok((await count()) >= 10)
  })
  it('reaches what the filter says and counts it', async () => {
    const patched = await send('PATCH', `/mg_bess_readings?${mine}&soe=in.(2,3)`, {
      body: { target_power: 12.5 },
      headers: { Prefer: 'return=representation,count=exact' },
    })
    assert.deepEqual([patched.status, patched.headers.get('content-range'), patched.body.length], [200, '0-1/2', 2])
    assert.ok(patched.body.every((row: { target_power: number }) => row.target_power === 12.5))
    const silent = await send('PATCH', `/mg_bess_readings?${mine}&soe=eq.2`, { body: { target_power: null } })
    assert.deepEqual([silent.status, silent.text], [204, ''])
    const removed = await send('DELETE', `/mg_bess_readings?${mine}&soe=eq.3`, { headers: { Prefer: 'count=exact' } })
    assert.deepEqual([removed.status, removed.headers.get('content-range')], [204, '*/1'])
  })
  it('is taken back when it reaches more than allowed, or not the only one', async () => {
    const before = await send('GET', `/mg_bess_readings?${mine}&order=time`)
    const most = { Prefer: 'handling=strict,max-affected=1' }
    for (const answer of [
      await send('PATCH', `/mg_bess_readings?${mine}`, { body: { soe: 0 }, headers: most }),
      await send('DELETE', `/mg_bess_readings?${mine}`, { headers: most }),
    ])
      assert.deepEqual([answer.status, answer.body.code], [400, 'PGRST124'])
    const one = { Accept: 'application/vnd.pgrst.object+json', Prefer: 'return=representation' }
    const several = await send('PATCH', `/mg_bess_readings?${mine}`, { body: { soe: 0 }, headers: one })
    assert.deepEqual([several.status, several.body.code], [406, 'PGRST116'])
    const tried = await send('DELETE', `/mg_bess_readings?${mine}`, { headers: { Prefer: 'tx=rollback' } })
    assert.equal(tried.status, 204)
    assert.deepEqual((await send('GET', `/mg_bess_readings?${mine}&order=time`)).body, before.body)
  })
  it('is not for who may not', async () => {
    const anonymous = await send('DELETE', `/mg_bess_readings?${mine}`, { key: anon_key })
    assert.deepEqual([anonymous.status, anonymous.body.code], [401, '42501'])
    assert.match(anonymous.body.message, /permission denied for table mg_bess_readings/)
  })
})

describe('a function', () => {
  it('is called by GET and POST alike, and its rows are selected, ordered and limited', async () => {
    const range = { start_time: at(0), end_time: at(30) }
    const meter = randomUUID()
    const body = Array.from({ length: 31 }, (_value, minute) => ({
      device_id: meter,
      time: at(minute),
      energy_imported_active: minute,
    }))
    assert.equal((await send('POST', '/mg_meter_readings', { body })).status, 201)
    const select = 'select=time_b,energy_imported_active_delta&order=time_b.desc&limit=2'
    const posted = await send('POST', `/rpc/get_meter_readings_5m?${select}`, {
      body: { ...range, device_ids: [meter] },
    })
    const got = await send(
      'GET',
      `/rpc/get_meter_readings_5m?${select}&start_time=${range.start_time}&end_time=${range.end_time}&device_ids={${meter}}`,
    )
    assert.deepEqual(posted.body, got.body)
    assert.deepEqual(
      posted.body.map((row: Record<string, unknown>) => [row.time_b, row.energy_imported_active_delta]),
      [
        [at(25), 5],
        [at(20), 5],
      ],
    )
  })
})
