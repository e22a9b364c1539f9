import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import pg from 'pg'
import { signRoleToken } from '../../src/auth/roleTokens.ts'
import { exchange } from '../badInput/rawSocket.ts'
import { startTestServer } from '../support/testServer.ts'

/** Bad input gets PostgREST's status and code, names nothing of ours, and writes nothing. */

const server = await startTestServer()
const { service_key, anon_key } = server.credentials.flux
const database = new pg.Pool({ connectionString: server.databaseUrl })
// The pool counts a connection as ended before Postgres does, and the database goes away with those that it still has.
database.on('error', error => assert.equal((error as { code?: string }).code, '57P01'))
after(() => database.end())
const rowsNow = async () =>
  (
    await database.query(
      `select (select count(*) from flux.mg_bess_readings) + (select count(*) from flux.mg_meter_readings)
         + (select count(*) from flux.market_data) + (select count(*) from flux.mg_device_registry) as rows`,
    )
  ).rows[0].rows
const known = await rowsNow()
const foreign = await signRoleToken('another secret of at least 32 bytes', 'service_role')

const device = randomUUID()
const row = { device_id: device, time: '2024-05-01T00:00:00Z' }
const JSON_TYPE = 'application/json'

interface Case {
  method?: string
  path: string
  headers?: Record<string, string>
  body?: string
  status: number
  code: string
}

const read = (query: string, code: string, status = 400): Case => ({ path: `/mg_bess_readings?${query}`, status, code })
const write = (body: string, code: string, status = 400, headers: Record<string, string> = {}): Case => ({
  method: 'POST',
  path: '/mg_bess_readings',
  headers: { 'Content-Type': JSON_TYPE, ...headers },
  body,
  status,
  code,
})
const asRow = (more: object) => JSON.stringify({ ...row, ...more })
const withHeader = (name: string, value: string, code: string, status = 400): Case => ({
  path: '/mg_bess_readings?limit=1',
  headers: { [name]: value },
  status,
  code,
})

const CASES: Record<string, Case[]> = {
  'a filter': [
    read('soe=5', 'PGRST100'),
    read('soe=eq', 'PGRST100'),
    read('soe=near.5', 'PGRST100'),
    read('soe=not.5', 'PGRST100'),
    read('soe=is.maybe', 'PGRST100'),
    read('soe=in.5', 'PGRST100'),
    read('soe=in.(5', 'PGRST100'),
    read('or=(soe.eq.1', 'PGRST100'),
    read('or=soe.eq.1', 'PGRST100'),
    read('or=()', 'PGRST100'),
    read(`or=${'(or'.repeat(60)}(soe.eq.1)${')'.repeat(60)}`, 'PGRST100'),
    read('soe=eq.abc', '22P02'),
    read('device_id=eq.5', '22P02'),
    read('time=gt.tomorrow-ish', '22007'),
    read('time=gt.2024-13-45', '22008'),
    read('soe=eq.1e999', '22003'),
    read('soe=like.5', '42883', 404),
    read('soe=match.5', '42883', 404),
    read('nothing=eq.5', '42703'),
    read('soe->>a=eq.5', '42883', 404),
    read('device_id=eq.%00', 'PGRST100'),
    { path: '/mg_device_registry?name=fts(klingon).x', status: 400, code: '42704' },
  ],
  'a select, an order, a limit': [
    read('select=nothing', '42703'),
    read('select=soe::geometry', '42704'),
    read('select=soe(', 'PGRST200'),
    read('select=soe,(', 'PGRST100'),
    read('select="soe', 'PGRST100'),
    read('select=time::float8', '42846'),
    read('order=nothing', '42703'),
    read('order=soe.upwards', 'PGRST100'),
    read('order=soe.desc.nullsmiddle', 'PGRST100'),
    read('limit=-1', 'PGRST103', 416),
    read('limit=many', 'PGRST100'),
    read('offset=few', 'PGRST100'),
    read('limit=99999999999999999999', 'PGRST100'),
  ],
  'a header': [
    withHeader('Accept-Profile', 'core', 'PGRST106', 406),
    withHeader('Accept', 'image/png', 'PGRST107', 406),
    withHeader('Range', '9-2', 'PGRST103', 416),
    withHeader('Prefer', 'handling=strict,colour=blue', 'PGRST122'),
    withHeader('apikey', 'nonsense', 'PGRST301', 401),
    withHeader('apikey', foreign, 'PGRST301', 401),
    withHeader('apikey', `${service_key}x`, 'PGRST301', 401),
    withHeader('Authorization', 'Bearer a.b.c', 'PGRST301', 401),
    withHeader('apikey', '', 'PGRST302', 401),
  ],
  'a body': [
    write('{', 'PGRST102'),
    write('5', 'PGRST102'),
    write('"x"', 'PGRST102'),
    write('[5]', 'PGRST102'),
    write('null', 'PGRST102'),
    write(`[${asRow({})},${asRow({ soe: 1 })}]`, 'PGRST102'),
    write(asRow({ nothing: 1 }), 'PGRST204'),
    write(asRow({ soe: 'abc' }), '22P02'),
    write(asRow({ soe: true }), '22P02'),
    write(asRow({ soe: {} }), '22P02'),
    write(asRow({ soe: 'NaN' }), '23514'),
    write(`${asRow({}).slice(0, -1)},"soe":1e999}`, '22P02'),
    write(asRow({ command_source: 99999 }), '22003'),
    write(asRow({ time: 'yesterday-ish' }), '22007'),
    write(asRow({ time: '2024-02-30T00:00:00Z' }), '22008'),
    write(asRow({ time: null }), '23502'),
    write(asRow({ time: '1850-01-01T00:00:00Z' }), '23514'),
    write('{"soe":1}', '23502'),
    write(asRow({ device_id: 'a\\u0000b' }), '22P02'),
    write('device_id;time\n1;2', 'PGRST102', 415, { 'Content-Type': 'text/plain' }),
    write('device_id,time\n"', 'PGRST102', 400, { 'Content-Type': 'text/csv' }),
    write('device_id,nothing\n1,2', 'PGRST204', 400, { 'Content-Type': 'text/csv' }),
    write('device_id,time,soe\nx,2024-05-01,1', '22P02', 400, { 'Content-Type': 'text/csv' }),
    write(`device_id,time,soe\n${device},2024-05-01,NaN`, '23514', 400, { 'Content-Type': 'text/csv' }),
    write(asRow({}), 'PGRST106', 406, { 'Content-Profile': 'core' }),
  ],
  'a path': [
    { path: '/mg_secrets', status: 404, code: '42P01' },
    { path: '/rpc/pg_sleep', status: 404, code: 'PGRST202' },
    { path: '/a/b/c', status: 404, code: 'PGRST125' },
    { method: 'PUT', path: '/mg_bess_readings', status: 405, code: 'PGRST117' },
    { method: 'PATCH', path: '/rpc/get_meter_readings_5m', status: 405, code: 'PGRST117' },
    { method: 'POST', path: '/rpc/get_meter_readings_5m', body: '{"hours":3}', status: 404, code: 'PGRST202' },
    { method: 'POST', path: '/rpc/get_meter_readings_5m', body: '{"device_ids":["x"]}', status: 400, code: '22P02' },
    { path: '/rpc/get_meter_readings_5m?start_time=1000-01-01&end_time=2026-01-01', status: 400, code: '22023' },
  ],
}

for (const [subject, cases] of Object.entries(CASES))
  describe(`${subject} that makes no sense`, () => {
    for (const { method = 'GET', path, headers = {}, body, status, code } of cases) {
      const shown = [method, path.slice(0, 70), ...Object.values(headers), body?.slice(0, 60)].filter(Boolean).join(' ')
      it(`is ${status} ${code} for ${shown}`, async () => {
        const response = await fetch(`${server.url}/rest/v1${path}`, {
          method,
          headers: { apikey: service_key, ...(body === undefined ? {} : { 'Content-Type': JSON_TYPE }), ...headers },
          ...(body === undefined ? {} : { body }),
        })
        const text = await response.text()
        const answer = JSON.parse(text)
        assert.deepEqual([response.status, answer.code], [status, code], text)
        assert.deepEqual(Object.keys(answer), ['code', 'details', 'hint', 'message'])
        assert.doesNotMatch(answer.message, /select .* from|insert into|string_agg|json_to_recordset|\$\d/i)
      })
    }
  })

describe('bytes that fetch would not send', () => {
  const get = (target: string, key = anon_key) =>
    exchange(server.port, [`GET /rest/v1${target} HTTP/1.1\r\nHost: a\r\napikey: ${key}\r\n\r\n`])
  it('raw commas, quotes, colons and brackets are read as they are', async () => {
    for (const target of [
      '/mg_device_registry?name=in.("WLCE-BESS-01",WLCE-METER-GRID)&select=name',
      '/mg_device_registry?or=(name.eq."WLCE-BESS-01",name.eq.WLCE-METER-GRID)&select=name',
      '/mg_bess_readings?time=gte.2024-05-01T00:00:00Z&limit=2&select=time',
    ]) {
      const [answer] = await get(target)
      assert.deepEqual([answer!.status, answer!.body.length], [200, 2], target)
    }
  })
  it('a space in a value is one, whether it is escaped or a plus', async () => {
    for (const space of ['%20', '+']) {
      const [answer] = await get(`/mg_device_registry?name=eq.no${space}such&select=name`)
      assert.deepEqual([answer!.status, answer!.body.length], [200, 0])
    }
  })
})

it('wrote nothing', async () => assert.equal(await rowsNow(), known))
