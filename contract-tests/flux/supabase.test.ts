import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { createClient } from '@supabase/supabase-js'
import { FLUX_DEVICES } from '../../src/seed/fluxHistory.ts'
import { startTestServer } from '../support/testServer.ts'

const server = await startTestServer()
const { anon_key, service_key } = server.credentials.flux
const anon = createClient(server.url, anon_key)
const service = createClient(server.url, service_key)
const [battery] = FLUX_DEVICES
const meters = FLUX_DEVICES.filter(({ type }) => type === 'meter')

/** What the client gives when all is well. */
async function data<T>(asked: PromiseLike<{ data: T; error: unknown; status: number }>): Promise<T> {
  const { data: rows, error } = await asked
  assert.equal(error, null)
  return rows
}

describe('supabase-js reads', () => {
  it('the newest rows of a device', async () => {
    const rows = await data(
      anon
        .from('mg_bess_readings')
        .select('time, soe, target_power')
        .eq('device_id', battery!.id)
        .order('time', { ascending: false })
        .limit(3),
    )
    assert.equal(rows!.length, 3)
    assert.deepEqual(Object.keys(rows![0]!), ['time', 'soe', 'target_power'])
    assert.match(rows![0]!.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000Z$/)
    assert.ok(rows![0]!.time > rows![1]!.time)
  })

  it('with every filter of its builder', async () => {
    const names = async (filter: (query: ReturnType<typeof devices>) => PromiseLike<unknown>) => {
      const rows = (await data(filter(devices()) as never)) as { name: string }[]
      return rows.map(({ name }) => name.slice(5))
    }
    const devices = () => anon.from('mg_device_registry').select('name').order('name')
    const all = ['BESS-01', 'BESS-02', 'METER-GRID', 'METER-HOMES', 'METER-SOLAR']
    const [batteries, metering] = [all.slice(0, 2), all.slice(2)]
    assert.deepEqual(await names(query => query), all)
    assert.deepEqual(await names(query => query.eq('type', 'bess')), batteries)
    assert.deepEqual(await names(query => query.neq('type', 'bess')), metering)
    assert.deepEqual(await names(query => query.gt('name', 'WLCE-BESS-01').lt('name', 'WLCE-METER')), ['BESS-02'])
    assert.deepEqual(await names(query => query.gte('name', 'WLCE-BESS-02').lte('name', 'WLCE-METER')), ['BESS-02'])
    assert.deepEqual(await names(query => query.like('name', '%BESS%')), batteries)
    assert.deepEqual(await names(query => query.likeAnyOf('name', ['%01', '%GRID'])), ['BESS-01', 'METER-GRID'])
    assert.deepEqual(await names(query => query.likeAllOf('name', ['%BESS%', '%02'])), ['BESS-02'])
    assert.deepEqual(await names(query => query.ilike('name', '%bess%')), batteries)
    assert.deepEqual(await names(query => query.ilikeAnyOf('name', ['%solar', '%homes'])), [
      'METER-HOMES',
      'METER-SOLAR',
    ])
    assert.deepEqual(await names(query => query.regexMatch('name', '0[12]$')), batteries)
    assert.deepEqual(await names(query => query.regexIMatch('name', 'bess-0[12]$')), batteries)
    assert.deepEqual(await names(query => query.is('active', true)), all)
    assert.deepEqual(await names(query => query.is('metadata', null)), [])
    assert.deepEqual(await names(query => query.isDistinct('type', 'meter')), batteries)
    assert.deepEqual(await names(query => query.in('name', ['WLCE-BESS-01', 'a,b', 'c"d', '(e)'])), ['BESS-01'])
    assert.deepEqual(await names(query => query.notIn('type', ['bess'])), metering)
    assert.deepEqual(await names(query => query.contains('metadata', { modbus_address: 2 })), ['BESS-02'])
    assert.deepEqual(await names(query => query.containedBy('metadata', { modbus_address: 11, other: true })), [
      'METER-GRID',
    ])
    assert.deepEqual(await names(query => query.textSearch('name', 'wlce-meter-solar', { type: 'plain' })), [
      'METER-SOLAR',
    ])
    assert.deepEqual(await names(query => query.match({ type: 'meter', name: 'WLCE-METER-GRID' })), ['METER-GRID'])
    assert.deepEqual(await names(query => query.not('type', 'eq', 'bess')), metering)
    assert.deepEqual(await names(query => query.or('name.eq.WLCE-BESS-01,and(type.eq.meter,name.like.*GRID)')), [
      'BESS-01',
      'METER-GRID',
    ])
    assert.deepEqual(await names(query => query.filter('metadata->>modbus_address', 'in', '(1,12)')), [
      'BESS-01',
      'METER-HOMES',
    ])
  })

  it('a range with its count', async () => {
    const {
      data: rows,
      count,
      status,
      error,
    } = await anon
      .from('mg_meter_readings')
      .select('*', { count: 'exact' })
      .eq('device_id', meters[0]!.id)
      .order('time')
      .range(10, 19)
    assert.equal(error, null)
    assert.equal(status, 206)
    assert.equal(rows!.length, 10)
    assert.ok(count! > 2800)
    const head = await anon
      .from('mg_meter_readings')
      .select('*', { count: 'exact', head: true })
      .eq('device_id', meters[0]!.id)
    assert.deepEqual([head.count, head.data], [count, null])
  })

  it('one row, none or too many, as asked', async () => {
    const one = await data(anon.from('mg_device_registry').select().eq('id', battery!.id).single())
    assert.equal(one.name, 'WLCE-BESS-01')
    const none = await anon.from('mg_device_registry').select().eq('id', randomUUID()).maybeSingle()
    assert.deepEqual([none.data, none.error], [null, null])
    const many = await anon.from('mg_device_registry').select().single()
    assert.deepEqual([many.status, many.error!.code], [406, 'PGRST116'])
    assert.match(many.error!.details, /The result contains 5 rows/)
  })

  it('no aggregate functions, and says so', async () => {
    for (const columns of ['count()', 'total:count()', 'soe.avg()']) {
      const { status, error } = await anon.from('mg_bess_readings').select(columns)
      assert.deepEqual([status, error!.code], [400, 'PGRST123'], columns)
    }
  })

  it('CSV', async () => {
    const csv = await data(anon.from('mg_device_registry').select('name,active').eq('type', 'bess').order('name').csv())
    assert.equal(csv, 'name,active\nWLCE-BESS-01,t\nWLCE-BESS-02,t\n')
  })

  it('aggregates', async () => {
    const start = new Date(Math.floor(Date.now() / 1_800_000) * 1_800_000 - 6 * 3_600_000)
    const end = new Date(start.getTime() + 3_600_000)
    const body = { start_time: start.toISOString(), end_time: end.toISOString(), device_ids: [meters[1]!.id] }
    const posted = await data(anon.rpc('get_meter_readings_30m', body))
    assert.deepEqual(
      posted.map((row: { time_b: string }) => row.time_b),
      [start.toISOString(), new Date(start.getTime() + 1_800_000).toISOString()],
    )
    const gotten = await data(anon.rpc('get_meter_readings_30m', body, { get: true }))
    assert.deepEqual(gotten, posted)
    const defaults: unknown = await data(anon.rpc('get_meter_readings_5m').select('device_id').limit(2000))
    assert.equal(new Set((defaults as { device_id: string }[]).map(({ device_id }) => device_id)).size, 3)
  })
})

describe('supabase-js writes', () => {
  const time = '2024-01-01T12:00:00.000Z'
  let device: string
  before(() => {
    device = randomUUID()
  })

  it('one row, and says what stands in its way the second time', async () => {
    const first = await service
      .from('mg_bess_readings')
      .insert({ device_id: device, time, soe: 65.5, target_power: -25 })
    assert.deepEqual([first.status, first.error, first.data], [201, null, null])
    const second = await service
      .from('mg_bess_readings')
      .insert({ device_id: device, time, soe: 65.5, target_power: -25 })
    assert.equal(second.status, 409)
    assert.equal(second.error!.code, '23505')
    assert.equal(second.error!.details, `Key (device_id, "time")=(${device}, 2024-01-01 12:00:00+00) already exists.`)
    assert.match(second.error!.message, /^duplicate key value violates unique constraint/)
  })

  it('many rows, all or none', async () => {
    const row = (minute: number, soe: number | string) => ({
      device_id: device,
      time: new Date(Date.parse(time) + minute * 60_000).toISOString(),
      soe,
    })
    const rows = await data(
      service
        .from('mg_bess_readings')
        .insert([row(1, 1), row(2, 2)])
        .select('soe'),
    )
    assert.deepEqual(rows, [{ soe: 1 }, { soe: 2 }])
    const failed = await service.from('mg_bess_readings').insert([row(3, 3), row(2, 2)])
    assert.equal(failed.status, 409)
    const wrong = await service.from('mg_bess_readings').insert([row(4, 4), row(5, 'much')])
    assert.deepEqual([wrong.status, wrong.error!.code], [400, '22P02'])
    const { count } = await service
      .from('mg_bess_readings')
      .select('*', { count: 'exact', head: true })
      .eq('device_id', device)
    assert.equal(count, 3)
  })

  it('upserts, updates and deletes', async () => {
    const upserted = await data(
      service
        .from('mg_bess_readings')
        .upsert([{ device_id: device, time, soe: 70 }], { onConflict: 'device_id,time' })
        .select('soe, target_power'),
    )
    assert.deepEqual(upserted, [{ soe: 70, target_power: -25 }])
    const ignored = await data(
      service.from('mg_bess_readings').upsert({ device_id: device, time, soe: 1 }, { ignoreDuplicates: true }).select(),
    )
    assert.deepEqual(ignored, [])
    const changed = await data(
      service
        .from('mg_bess_readings')
        .update({ command_source: 5 })
        .eq('device_id', device)
        .gt('soe', 50)
        .select('soe'),
    )
    assert.deepEqual(changed, [{ soe: 70 }])
    const refused = await service
      .from('mg_bess_readings')
      .delete()
      .eq('device_id', device)
      .setHeader('Prefer', 'handling=strict,max-affected=1')
    assert.deepEqual([refused.status, refused.error!.code], [400, 'PGRST124'])
    const gone = await service.from('mg_bess_readings').delete({ count: 'exact' }).eq('device_id', device)
    assert.deepEqual([gone.status, gone.count], [204, 3])
  })

  it('rows with what is missing as its default, where asked', async () => {
    const site = randomUUID()
    const rows = [
      { name: 'a', type: 'bess', site },
      { name: 'b', type: 'bess', site, active: false },
    ]
    const inserted = await data(
      service.from('mg_device_registry').insert(rows, { defaultToNull: false }).select('name, active').order('name'),
    )
    assert.deepEqual(inserted, [
      { name: 'a', active: true },
      { name: 'b', active: false },
    ])
    await service.from('mg_device_registry').delete().eq('site', site)
  })

  it('nothing as anon', async () => {
    const { status, error } = await anon.from('mg_bess_readings').insert({ device_id: device, time })
    assert.deepEqual([status, error!.code], [401, '42501'])
    assert.equal(error!.message, 'permission denied for table mg_bess_readings')
  })
})
