import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { componentHealth, record, sample } from '../../support/bodies.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const token = await server.operator()
const other = await server.operator('other')

const START = Date.now() - 2 * 3_600_000
const at = (second: number) => new Date(START + second * 1000).toISOString()

/** A charger with one session of so many seconds, and the ways to fill it and to look at it. */
async function session(seconds: number) {
  const { deviceId, token: own } = await server.charger()
  const device = (path: string, body: unknown) => server.call('POST', `/v1/device/${path}`, { token: own, body })
  const { record_id, ...more } = record({ start_time: at(0), end_time: at(seconds) })
  await device('charging-records', { record_id, ...more })
  return {
    deviceId,
    recordId: record_id,
    upload: async (second: number, change: object = {}) => {
      const { status } = await device('telemetry', sample({ timestamp: at(second), power: second, ...change }))
      assert.equal(status, 200)
    },
    report: async (second: number, data: object) => {
      const body = { timestamp: at(second), event_type: 'fault', connector_id: 1, data }
      assert.equal((await device('events', body)).status, 200)
    },
    get: (query = '', headers: Record<string, string> = {}) =>
      server.call('GET', `/v1/operator/devices/${deviceId}/sessions/${record_id}/telemetry${query}`, {
        token,
        headers,
      }),
  }
}

const powers = (items: { power: number }[]) => items.map(({ power }) => power)

describe('the telemetry of a session', () => {
  it('has every sample from start to end, both included, in order and under the names of telemetry', async () => {
    const { upload, get, deviceId, recordId } = await session(20)
    const phase_details = { phase_a: { voltage: 230, current: 16 } }
    const full = { temperature: 31.5, fault_code: 203, phase_details, component_health: componentHealth() }
    for (const second of [25, 20, 10, 15, 0, -5]) await upload(second)
    await upload(5, full)
    await upload(10, { connector_id: 2 })
    const { status, body } = await get()
    assert.equal(status, 200)
    assert.deepEqual(powers(body.data.items), [0, 5, 10, 15, 20])
    assert.deepEqual(body.data.items[0], { ...sample({ power: 0 }), timestamp: at(0) })
    assert.deepEqual(body.data.items[1], { ...sample({ power: 5 }), ...full, timestamp: at(5), fault_code: 'F-0203' })
    const { items, ...about } = body.data
    assert.deepEqual(about, {
      record_id: recordId,
      device_id: deviceId,
      connector_id: 1,
      start_time: at(0),
      end_time: at(20),
      tier: 'raw',
      resolution_seconds: 5,
      events: [{ code: 'F-0203', time: at(5) }],
      segments: [{ tier: 'raw', resolution_seconds: 5, from: at(0), to: at(20) }],
    })
  })

  it('keeps its resolution over a gap, and one sample alone has none', async () => {
    const { upload, get } = await session(3600)
    await upload(10)
    assert.equal((await get()).body.data.resolution_seconds, null)
    for (const second of [15, 20, 2000, 2005, 2010]) await upload(second)
    assert.equal((await get()).body.data.resolution_seconds, 5)
  })

  it('is cut by from and to, both included', async () => {
    const { upload, get } = await session(20)
    for (const second of [0, 5, 10, 15, 20]) await upload(second)
    const part = async (query: string) => powers((await get(query)).body.data.items)
    assert.deepEqual(await part(`?from=${at(5)}&to=${at(15)}`), [5, 10, 15])
    assert.deepEqual(await part(`?from=${at(10)}`), [10, 15, 20])
    assert.deepEqual(await part(`?to=${at(5)}`), [0, 5])
    assert.deepEqual(await part(`?from=${at(10)}&to=${at(10)}`), [10])
    assert.deepEqual(await part(`?from=${at(-100)}&to=${at(100)}`), [0, 5, 10, 15, 20])
    assert.deepEqual(await part(`?from=${at(100)}`), [])
    assert.equal((await get(`?from=${at(10)}&to=${at(9)}`)).status, 400)
    assert.equal((await get('?from=yesterday')).status, 400)
  })

  it('is empty where nothing was reported', async () => {
    const { get } = await session(20)
    const { items, events, segments, tier, resolution_seconds } = (await get()).body.data
    assert.deepEqual([items, events, segments, tier, resolution_seconds], [[], [], [], null, null])
  })

  it('tells of each fault once, whichever way it was reported', async () => {
    const { upload, report, get } = await session(60)
    const fault = { state: 'fault', power: 0, current: 0, fault_code: 'F-0411' }
    for (const second of [0, 5, 20, 25]) await upload(second)
    for (const second of [10, 15, 30]) await upload(second, fault)
    await report(8, { fault_code: 411 })
    await report(18, { fault_code: 0 })
    await report(45, { fault_code: 'F-0203' })
    await report(75, { fault_code: 'F-0999' })
    assert.deepEqual((await get()).body.data.events, [
      { code: 'F-0411', time: at(8) },
      { code: 'F-0411', time: at(30) },
      { code: 'F-0203', time: at(45) },
    ])
  })

  it('404 for another tenant, another charger of the same tenant, and ids that name nothing', async () => {
    const { deviceId, recordId } = await session(20)
    const stranger = await session(20)
    const ask = (device: string, recorded: string, as = token) =>
      server.call('GET', `/v1/operator/devices/${device}/sessions/${recorded}/telemetry`, { token: as })
    assert.equal((await ask(deviceId, recordId)).status, 200)
    assert.equal((await ask(deviceId.toUpperCase(), recordId)).status, 200)
    const strangers = [
      await ask(deviceId, recordId, other),
      await ask(stranger.deviceId, recordId),
      await ask(deviceId, randomUUID()),
      await ask(randomUUID(), recordId),
      await ask('nonsense', recordId),
    ]
    for (const { status } of strangers) assert.equal(status, 404)
  })
})

describe('the media types of a session', () => {
  it('are NDJSON with a sample per line', async () => {
    const { upload, get } = await session(20)
    const headers = { accept: 'application/x-ndjson' }
    const empty = await get('', headers)
    assert.deepEqual([empty.status, empty.body], [200, undefined])
    for (const second of [0, 5]) await upload(second)
    const answer = await get('', headers)
    assert.equal(answer.headers.get('content-type'), 'application/x-ndjson')
    assert.match(answer.body, /\}\n$/)
    const lines = answer.body.trimEnd().split('\n')
    assert.deepEqual(lines.map(JSON.parse), (await get()).body.data.items)
  })

  it('are CSV with a header, and objects as JSON', async () => {
    const { upload, get } = await session(20)
    await upload(0, { temperature: 20, component_health: componentHealth() })
    const { headers, body } = await get('', { accept: 'text/csv' })
    assert.equal(headers.get('content-type'), 'text/csv')
    const [head, line, ...rest] = body.split('\n')
    assert.equal(
      head,
      'timestamp,connector_id,state,voltage,current,power,energy_delivered,soc,temperature,fault_code,phase_details,component_health',
    )
    assert.ok(line.startsWith(`${at(0)},1,charging,400,450,0,1.5,42,20,,,"{""`), line)
    assert.deepEqual(rest, [''])
  })

  it('are JSON where nothing else is asked for, or nothing that there is', async () => {
    const { get } = await session(20)
    for (const accept of ['*/*', 'application/json, text/csv;q=0.9', 'image/png'])
      assert.equal((await get('', { accept })).headers.get('content-type'), 'application/json', accept)
  })

  it('do not hide an error', async () => {
    const { get } = await session(20)
    const { status, body } = await get('?from=x', { accept: 'text/csv' })
    assert.deepEqual([status, body.code], [400, 1001])
  })
})
