import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { record } from '../../support/bodies.ts'
import { startTestServer, type TestCharger } from '../../support/testServer.ts'

const server = await startTestServer()
const console = await server.operator()
const { db } = server.services

const upload = ({ token }: TestCharger, body: unknown) =>
  server.call('POST', '/v1/device/charging-records', { token, body })
const find = async (id: string) =>
  (await server.call('GET', `/v1/charging-records/${id}`, { token: console })).body.data

describe('uploadChargingRecord', () => {
  it('200, and the console shows the record as it came', async () => {
    const charger = await server.charger()
    const body = record()
    const answer = await upload(charger, body)
    assert.deepEqual([answer.status, answer.body], [200, { code: 0, message: 'success', data: null }])
    const { created_at, ...shown } = await find(body.record_id)
    assert.deepEqual(shown, {
      ...body,
      device_id: charger.deviceId,
      site_id: null,
      discharge_energy: 0,
      avg_power: null,
      meter_start: null,
      meter_end: null,
      vehicle_info: null,
    })
    assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 60_000)
  })
  it('keeps every optional field, negative cost and energy that flowed back', async () => {
    const charger = await server.charger()
    const optional = {
      discharge_energy: 9.123456,
      cost: -3.82,
      energy: 0,
      avg_power: -18.2,
      meter_start: 10_000.25,
      meter_end: 9991.13,
      vehicle_info: { vin: 'WVWZZZ1KZAW000001', soc_start: 80, soc_end: 62 },
    }
    const body = record(optional)
    assert.equal((await upload(charger, body)).status, 200)
    const shown = await find(body.record_id)
    assert.deepEqual(Object.fromEntries(Object.keys(optional).map(name => [name, shown[name]])), optional)
  })
  it('200 for a repeat, also one that writes its time or numbers in another way, stored once', async () => {
    const charger = await server.charger()
    const body = record({ vehicle_info: { soc_start: 10, soc_end: 80 } })
    const answers = await Promise.all(Array.from({ length: 6 }, () => upload(charger, body)))
    assert.deepEqual(
      answers.map(({ status }) => status),
      Array(6).fill(200),
    )
    const otherWords = {
      ...body,
      start_time: body.start_time.replace('Z', '+00:00'),
      vehicle_info: { soc_end: 80, soc_start: 10 },
      discharge_energy: 0,
      unknown: 'ignored',
    }
    assert.equal((await upload(charger, otherWords)).status, 200)
    assert.equal((await db('core.charging_records').where({ record_id: body.record_id })).length, 1)
  })
  it('409 for another body with the same id, and the first stays', async () => {
    const charger = await server.charger()
    const body = record()
    await upload(charger, body)
    const before = await find(body.record_id)
    const changes = [{ energy: 12.51 }, { cost: 0 }, { connector_id: 2 }, { currency: 'EUR' }, { stop_reason: 'fault' }]
    const more = [{ discharge_energy: 1 }, { avg_power: 5 }, { meter_start: 1 }, { vehicle_info: {} }, { max_power: 1 }]
    const times = [{ start_time: '2026-01-01T00:00:00Z' }, { end_time: new Date().toISOString() }]
    for (const change of [...changes, ...more, ...times]) {
      const { status, body: answer } = await upload(charger, { ...body, ...change })
      assert.deepEqual([status, answer.code, answer.data], [409, 4001, null], JSON.stringify(change))
    }
    assert.deepEqual(await find(body.record_id), before)
  })
  it("409 for another charger's upload of the record, naming no id, also in another tenant", async () => {
    const charger = await server.charger()
    const body = record()
    await upload(charger, body)
    const facts = { sn: 'FOREIGN-1', model: 'TP-DC180', manufacturer: 'Tellus Power', firmware_version: '1' }
    const registered = await server.call('POST', '/v1/device/register', {
      body: facts,
      token: await server.operator('other'),
    })
    const { device_id, device_secret } = registered.body.data
    const credentials = { device_id, device_secret, grant_type: 'client_credentials' }
    const foreign = await server.call('POST', '/v1/device/token', { body: credentials })
    for (const token of [(await server.charger()).token, foreign.body.access_token]) {
      const { status, body: answer } = await upload({ ...charger, token }, body)
      assert.deepEqual([status, answer.code, answer.data], [409, 4001, null])
      const text = JSON.stringify(answer)
      assert.ok(!text.includes(charger.deviceId) && !text.includes(body.record_id))
    }
    assert.equal((await find(body.record_id)).device_id, charger.deviceId)
  })
  it('400 when it ends before it starts, 200 when it ends at once', async () => {
    const charger = await server.charger()
    const { start_time } = record()
    const end_time = new Date(Date.parse(start_time) - 1).toISOString()
    const { status, body } = await upload(charger, record({ start_time, end_time }))
    assert.deepEqual([status, body.code, body.details.field], [400, 1001, 'end_time'])
    assert.equal((await upload(charger, record({ start_time, end_time: start_time }))).status, 200)
  })
  it('400 without a field, for a negative energy and for absurd values, and stores nothing', async () => {
    const charger = await server.charger()
    for (const field of Object.keys(record())) {
      const { status, body } = await upload(charger, record({ [field]: undefined }))
      assert.deepEqual([status, body.code, body.details.field], [400, 1002, field])
    }
    const wrong = [{ energy: -1 }, { discharge_energy: -0.1 }, { max_power: -1 }, { energy: 1e12 }, { cost: '4.38' }]
    const text = [
      { currency: 'pounds' },
      { currency: 'gbp' },
      { stop_reason: '' },
      { record_id: '' },
      { record_id: 'x'.repeat(65) },
    ]
    for (const change of [...wrong, ...text, { start_time: 'yesterday' }, { connector_id: 0 }]) {
      assert.equal((await upload(charger, record(change))).status, 400, JSON.stringify(change))
    }
    assert.equal((await db('core.charging_records').where({ device_id: charger.deviceId })).length, 0)
  })
})
