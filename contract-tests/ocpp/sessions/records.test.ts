import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import pg from 'pg'
import * as ocppRecords from '../../../src/store/ocppRecords.ts'
import { makeSharedStation, minutes, type SharedStation } from '../../support/sharedStation.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const { db } = server.services
const token = await server.operator()
const foreign = await server.operator('other')

interface Times {
  from?: string
  to?: string
  connectorId?: number
  measurand?: string
}

/** A session of 12.5 kWh, told by OCPP; its record is due in ten minutes. */
async function charge({ station }: SharedStation, times: Times = {}) {
  const { from = minutes(-70), to = minutes(-10), connectorId = 1, measurand = 'Power.Active.Import' } = times
  const { transactionId } = (await station.tell('StartTransaction', {
    connectorId,
    idTag: 'TAG-1',
    meterStart: 10_000,
    timestamp: from,
  })) as { transactionId: number }
  const sample = (share: number, kw: number, soc: number) => ({
    timestamp: new Date(Date.parse(from) + share * (Date.parse(to) - Date.parse(from))).toISOString(),
    sampledValue: [
      { value: String(10_000 + share * 12_500) },
      { value: String(kw), measurand, unit: 'kW' },
      { value: String(soc), measurand: 'SoC' },
    ],
  })
  const meterValue = [sample(0.25, 20, 40), sample(0.5, 14, 55), sample(0.75, 6, 62)]
  await station.tell('MeterValues', { connectorId, transactionId, meterValue })
  await station.tell('StopTransaction', { transactionId, meterStop: 22_500, timestamp: to, reason: 'EVDisconnected' })
  return (await keysOf(station.identity)).at(-1)!
}

const keysOf = (identity: string): Promise<string[]> =>
  db('ocpp.transactions').where({ identity }).orderBy('transaction_key').pluck('transaction_key')

const upload = (
  { charger }: SharedStation,
  { from = minutes(-70), to = minutes(-10), connectorId = 1 }: Times = {},
) => ({
  token: charger.token,
  body: {
    record_id: randomUUID() as string,
    connector_id: connectorId,
    start_time: from,
    end_time: to,
    energy: 12.6,
    max_power: 21,
    cost: 4.5,
    currency: 'GBP',
    stop_reason: 'user_request',
  },
})
const send = (options: ReturnType<typeof upload>) => server.call('POST', '/v1/device/charging-records', options)

/** What the tenant sees of a device's records. */
async function seenOf({ charger }: SharedStation) {
  const list = await server.call('GET', `/v1/charging-records?device_id=${charger.deviceId}`, { token })
  assert.equal(list.status, 200)
  assert.equal(list.body.data.total, list.body.data.items.length)
  return list.body.data.items
}
const energyOf = async ({ siteId }: SharedStation) => {
  const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString()
  const query = `start_time=${day(-3)}&end_time=${day(2)}&granularity=day&site_ids=${siteId}`
  const { body, status } = await server.call('GET', `/v1/aggregated/energy?${query}`, { token })
  assert.equal(status, 200, JSON.stringify(body))
  return body.data.total.charge_energy
}

describe('the record of a session of OCPP', () => {
  it('is made ten minutes after its end', async () => {
    const shared = await makeSharedStation(server)
    const before = Date.now()
    const key = await charge(shared)
    const [job] = await db('jobs.job').where({ name: 'record-session' }).whereRaw(`data->>'transactionKey' = ?`, [key])
    const wait = job.start_after.getTime() - before
    assert.ok(wait >= 600_000 && wait < 660_000, `${wait} ms`)
    assert.deepEqual(await seenOf(shared), [])
  })

  it('says what the meter and the samples say, and costs nothing', async () => {
    const shared = await makeSharedStation(server)
    const [from, to] = [minutes(-70), minutes(-10)]
    await ocppRecords.make(db, await charge(shared, { from, to }))
    const [{ record_id, created_at, ...record }, ...others] = await seenOf(shared)
    assert.match(record_id, /^ocpp-CP-[\w-]{1,27}-[0-9a-f]{20}$/)
    assert.deepEqual(others, [])
    assert.deepEqual(record, {
      device_id: shared.charger.deviceId,
      connector_id: 1,
      site_id: shared.siteId,
      start_time: from,
      end_time: to,
      energy: 12.5,
      discharge_energy: 0,
      max_power: 20,
      avg_power: 12.5,
      meter_start: 10,
      meter_end: 22.5,
      cost: 0,
      currency: 'GBP',
      stop_reason: 'ev_disconnected',
      vehicle_info: { soc_start: 40, soc_end: 62 },
    })
    assert.equal((await server.call('GET', `/v1/charging-records/${record_id}`, { token: foreign })).status, 404)
  })

  it('is one, however often its job runs, also at the same time', async () => {
    const shared = await makeSharedStation(server)
    const key = await charge(shared)
    await Promise.all([1, 2, 3].map(() => ocppRecords.make(db, key)))
    await ocppRecords.make(db, key)
    assert.equal((await seenOf(shared)).length, 1)
  })

  it('is one after a job that was killed before it was done', async () => {
    const shared = await makeSharedStation(server)
    const key = await charge(shared)
    await assert.rejects(
      db.transaction(async transaction => {
        await ocppRecords.make(transaction, key)
        throw new Error('killed')
      }),
    )
    assert.deepEqual(await seenOf(shared), [])
    await ocppRecords.make(db, key)
    assert.equal((await seenOf(shared)).length, 1)
  })

  it('lasts over midnight', async () => {
    const shared = await makeSharedStation(server)
    const midnight = new Date().setUTCHours(0, 0, 0, 0)
    const [from, to] = [-30, 30].map(minute => new Date(midnight + minute * 60_000).toISOString())
    await ocppRecords.make(db, await charge(shared, { from, to }))
    const [{ start_time, end_time, max_power }] = await seenOf(shared)
    assert.deepEqual([start_time, end_time, max_power], [from, to, 20])
  })

  it('has the energy of the samples when the meter cannot be right', async () => {
    const shared = await makeSharedStation(server)
    const key = await charge(shared)
    await db('ocpp.transactions').where({ transaction_key: key }).update({ meter_stop_wh: 0 })
    await ocppRecords.make(db, key)
    assert.equal((await seenOf(shared))[0].energy, 9.375)
  })

  it('counts what the vehicle gave', async () => {
    const shared = await makeSharedStation(server)
    await ocppRecords.make(db, await charge(shared, { measurand: 'Power.Active.Export' }))
    const [{ discharge_energy, max_power }] = await seenOf(shared)
    assert.deepEqual([discharge_energy, max_power], [8.5, 20])
  })
})

describe('a record that the charger uploads', () => {
  it('keeps another from being made, also when the end is told after it', async () => {
    const shared = await makeSharedStation(server)
    const { station } = shared
    const { transactionId } = (await station.tell('StartTransaction', {
      connectorId: 1,
      idTag: 'TAG-1',
      meterStart: 0,
      timestamp: minutes(-70),
    })) as { transactionId: number }
    const uploaded = upload(shared)
    assert.equal((await send(uploaded)).status, 200)
    await station.tell('StopTransaction', { transactionId, meterStop: 12_500, timestamp: minutes(-10) })
    const [key] = await keysOf(station.identity)
    await ocppRecords.make(db, key!)
    assert.deepEqual(
      (await seenOf(shared)).map(({ record_id }: { record_id: string }) => record_id),
      [uploaded.body.record_id],
    )
  })

  it('takes the place of one that was made, everywhere but by its id', async () => {
    const shared = await makeSharedStation(server)
    await ocppRecords.make(db, await charge(shared))
    const [made] = await seenOf(shared)
    const activity = async () => {
      const { body } = await server.call('GET', '/v1/internal/activity?limit=200', {
        token: await server.operator('admin'),
      })
      const ids = body.data.items.map(({ data }: { data: { record_id?: string } }) => data.record_id)
      return [made.record_id, uploaded.body.record_id].map(id => ids.includes(id))
    }
    const uploaded = upload(shared)
    assert.deepEqual([await energyOf(shared), await activity()], [12.5, [true, false]])
    const told = new Promise(resolve => server.services.feed.subscribe('core.superseded_records', resolve))
    for (const _ of ['first', 'again']) assert.equal((await send(uploaded)).status, 200)
    assert.deepEqual(
      (await seenOf(shared)).map(({ record_id }: { record_id: string }) => record_id),
      [uploaded.body.record_id],
    )
    assert.equal(await energyOf(shared), 12.6)
    const old = await server.call('GET', `/v1/charging-records/${made.record_id}`, { token })
    assert.deepEqual(old.body.data, { ...made, superseded_by: uploaded.body.record_id })
    const stands = await server.call('GET', `/v1/charging-records/${uploaded.body.record_id}`, { token })
    assert.equal('superseded_by' in stands.body.data, false)
    await told
    assert.deepEqual(await activity(), [false, true])
  })

  it('is of the same session though the clocks differ, and not of the one before or on another connector', async () => {
    const shared = await makeSharedStation(server)
    const first = await charge(shared, { from: minutes(-200), to: minutes(-100) })
    const second = await charge(shared, { from: minutes(-99), to: minutes(-10) })
    const beside = await charge(shared, { from: minutes(-99), to: minutes(-10), connectorId: 2 })
    for (const key of [first, second, beside]) await ocppRecords.make(db, key)
    await send(upload(shared, { from: minutes(-101), to: minutes(-11) }))
    const superseded = await db('core.superseded_records as s')
      .join('ocpp.transactions as t', 't.record_id', 's.record_id')
      .where({ 't.identity': shared.station.identity })
      .pluck('t.transaction_key')
    assert.deepEqual(superseded, [second])
    assert.equal((await seenOf(shared)).length, 3)
  })

  it('leaves one record when it comes while the job runs', async () => {
    for (let round = 0; round < 10; round++) {
      const shared = await makeSharedStation(server)
      const key = await charge(shared)
      const uploaded = upload(shared)
      const [answer] = await Promise.all([send(uploaded), ocppRecords.make(db, key), ocppRecords.make(db, key)])
      assert.equal(answer.status, 200)
      assert.deepEqual(
        (await seenOf(shared)).map(({ record_id }: { record_id: string }) => record_id),
        [uploaded.body.record_id],
      )
    }
  })

  it('changes neither of the two rows', async () => {
    const shared = await makeSharedStation(server)
    await ocppRecords.make(db, await charge(shared))
    const rowsOf = () => db('core.charging_records').where({ device_id: shared.charger.deviceId }).orderBy('created_at')
    const before = await rowsOf()
    await send(upload(shared))
    const after = await rowsOf()
    assert.equal(after.length, 2)
    assert.deepEqual(after[0], before[0])
  })
})

describe('the list of records', () => {
  it('is read by the index, whatever is superseded', async () => {
    const { tenant_id, device_id } = await db('core.devices').first()
    await db.raw(
      `insert into core.charging_records (record_id, tenant_id, device_id, connector_id, start_time, end_time, energy_kwh,
         max_power_kw, cost, currency, stop_reason)
       select 'filler-' || n, ?, ?, 1, now() - n * interval '1 hour', now(), 1, 1, 0, 'GBP', 'filler' from generate_series(1, 20000) n`,
      [tenant_id, device_id],
    )
    await db.raw(
      `insert into core.superseded_records select 'filler-' || n, 'filler-' || n + 1 from generate_series(1, 2000, 2) n`,
    )
    const owner = new pg.Client({ connectionString: server.databaseUrl })
    await owner.connect()
    await owner.query('analyze core.charging_records, core.superseded_records').finally(() => owner.end())
    const { rows } = await db.raw(
      `explain select * from core.current_records t where t.tenant_id = ? order by t.start_time desc, t.record_id desc limit 20`,
      [tenant_id],
    )
    const plan = rows.map((row: Record<string, string>) => row['QUERY PLAN']).join('\n')
    assert.match(plan, /Index Scan Backward using charging_records_tenant_id_start_time_record_id_idx/)
    assert.doesNotMatch(plan, /Sort/)
  })
})
