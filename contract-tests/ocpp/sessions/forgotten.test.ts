import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { endSilentTransactions } from '../../../src/jobs/endSilentTransactions.ts'
import * as ocppRecords from '../../../src/store/ocppRecords.ts'
import { makeSharedStation, minutes, type SharedStation } from '../../support/sharedStation.ts'
import { startTestServer } from '../../support/testServer.ts'

/** Sessions that their station never ends. */

const server = await startTestServer()
const { db, jobs, config } = server.services
const token = await server.operator()

const HOUR = 60
/** As if the station had not said anything for so many hours. */
const silence = ({ station: { identity } }: SharedStation, hours: number) =>
  db('ocpp.transactions')
    .where({ identity })
    .update({ heard_at: db.raw(`now() - make_interval(hours => ?)`, [hours]) })
const sweep = () => endSilentTransactions(db, jobs, config)
const rowOf = ({ station: { identity } }: SharedStation) =>
  db('ocpp.transactions').first().where({ identity }).orderBy('transaction_key')

/** How long it was, in minutes. */
const lasted = ({ started_at, ended_at }: { started_at: Date; ended_at: Date }) =>
  Math.round((ended_at.getTime() - started_at.getTime()) / 60_000)

const samples = (at: number, wh: number) => ({
  timestamp: minutes(at),
  sampledValue: [{ value: String(wh) }, { value: '11', measurand: 'Power.Active.Import', unit: 'kW' }],
})

/** Begins a session 30 hours ago that was measured for two of them. */
async function charge({ station }: SharedStation, from = -30 * HOUR, connectorId = 1): Promise<number> {
  const start = { connectorId, idTag: 'TAG-1', meterStart: 1000, timestamp: minutes(from) }
  const { transactionId } = (await station.tell('StartTransaction', start)) as { transactionId: number }
  const meterValue = [samples(from + HOUR, 9000), samples(from + 2 * HOUR, 17_000)]
  await station.tell('MeterValues', { connectorId, transactionId, meterValue })
  return transactionId
}

async function recordsOf({ charger }: SharedStation) {
  const { body } = await server.call('GET', `/v1/charging-records?device_id=${charger.deviceId}`, { token })
  return body.data.items.map(({ end_time, energy, stop_reason }: Record<string, unknown>) => [
    end_time,
    energy,
    stop_reason,
  ])
}
const makeRecord = async (shared: SharedStation) => ocppRecords.make(db, (await rowOf(shared)).transaction_key)

describe('a session of which nothing is said any more', () => {
  it('ends where it was measured last, after the hours that are set and not before, and its record follows', async () => {
    const shared = await makeSharedStation(server)
    await charge(shared)
    await silence(shared, 23)
    await sweep()
    assert.equal((await rowOf(shared)).ended_at, null)
    await silence(shared, 25)
    await sweep()
    await sweep()
    const row = await rowOf(shared)
    const { ended_at, meter_stop_wh, stop_reason, transaction_key } = row
    assert.deepEqual([lasted(row), meter_stop_wh, stop_reason], [2 * HOUR, 17_000, 'StationSilent'])
    const asked = await db('jobs.job')
      .where({ name: 'record-session' })
      .whereRaw(`data->>'transactionKey' = ?`, [transaction_key])
    assert.equal(asked.length, 1)
    await makeRecord(shared)
    assert.deepEqual(await recordsOf(shared), [[ended_at.toISOString(), 16, 'station_silent']])
    const events = db('telemetry.device_events').where({ device_id: shared.charger.deviceId }).orderBy('event_id')
    assert.deepEqual(await events.pluck('event_type'), ['start', 'stop'])
  })

  it('goes on while it is measured, or its connector says that it is in use', async () => {
    const measured = await makeSharedStation(server)
    const transactionId = await charge(measured)
    const told = await makeSharedStation(server)
    await charge(told)
    for (const shared of [measured, told]) await silence(shared, 30)
    const meterValue = [samples(-1, 20_000)]
    await measured.station.tell('MeterValues', { connectorId: 1, transactionId, meterValue })
    await told.station.tell('StatusNotification', { connectorId: 1, status: 'SuspendedEV', errorCode: 'NoError' })
    await sweep()
    for (const shared of [measured, told]) assert.equal((await rowOf(shared)).ended_at, null)
  })

  it('does not reach into the next one of its connector', async () => {
    const shared = await makeSharedStation(server)
    await charge(shared)
    await charge(shared, -29 * HOUR)
    await silence(shared, 25)
    await sweep()
    const row = await rowOf(shared)
    assert.deepEqual([lasted(row), row.meter_stop_wh], [HOUR, 9000])
  })

  it('ends when the station has started anew and its connector is available', async () => {
    const shared = await makeSharedStation(server)
    const { station } = shared
    await charge(shared, -3 * HOUR)
    const available = { connectorId: 1, status: 'Available', errorCode: 'NoError' }
    await station.tell('StatusNotification', available)
    assert.equal((await rowOf(shared)).ended_at, null)
    await station.tell('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' })
    await station.tell('StatusNotification', { ...available, connectorId: 2 })
    assert.equal((await rowOf(shared)).ended_at, null)
    await station.tell('StatusNotification', available)
    const row = await rowOf(shared)
    assert.deepEqual([lasted(row), row.stop_reason], [2 * HOUR, 'StationRestarted'])
  })
})

describe('a station that comes back', () => {
  for (const named of [true, false])
    it(`corrects the end, and the record that was made gives way (${named ? 'with' : 'without'} the id)`, async () => {
      const shared = await makeSharedStation(server)
      const transactionId = await charge(shared)
      await silence(shared, 25)
      await sweep()
      await makeRecord(shared)
      const made = await db('core.charging_records').where({ device_id: shared.charger.deviceId })
      const end = minutes(-2 * HOUR)
      const stop = {
        transactionId: named ? transactionId : -1,
        meterStop: 41_000,
        timestamp: end,
        reason: 'EVDisconnected',
      }
      for (const _ of ['told', 'repeated']) await shared.station.tell('StopTransaction', stop)
      const { stop_reason, is_presumed } = await rowOf(shared)
      assert.deepEqual([stop_reason, is_presumed], ['EVDisconnected', false])
      for (const _ of ['first', 'again']) await makeRecord(shared)
      assert.deepEqual(await recordsOf(shared), [[end, 40, 'ev_disconnected']])
      const rows = await db('core.charging_records').where({ device_id: shared.charger.deviceId }).orderBy('created_at')
      assert.deepEqual([rows.length, rows[0]], [2, made[0]])
      const superseded = await db('core.superseded_records').where({ record_id: made[0].record_id })
      assert.deepEqual(
        superseded.map(({ superseded_by }) => superseded_by),
        [rows[1].record_id],
      )
    })

  it('goes on with its session when it measures it again', async () => {
    const shared = await makeSharedStation(server)
    const transactionId = await charge(shared)
    await silence(shared, 25)
    await sweep()
    await makeRecord(shared)
    const meterValue = [samples(-HOUR, 31_000)]
    await shared.station.tell('MeterValues', { connectorId: 1, transactionId, meterValue })
    assert.equal((await rowOf(shared)).ended_at, null)
    const [reading] = await db('telemetry.readings')
      .where({ device_id: shared.charger.deviceId })
      .orderBy('time', 'desc')
      .limit(1)
    assert.deepEqual([reading.energy_delivered_kwh, reading.state], [30, 'charging'])
    await shared.station.tell('StopTransaction', { transactionId, meterStop: 33_000, timestamp: minutes(-1) })
    await makeRecord(shared)
    assert.deepEqual(
      (await recordsOf(shared)).map(([, energy]: unknown[]) => energy),
      [32],
    )
  })

  it('has one record, its own, when it has uploaded one meanwhile', async () => {
    const shared = await makeSharedStation(server)
    const transactionId = await charge(shared)
    await silence(shared, 25)
    await sweep()
    await makeRecord(shared)
    const [from, to] = [minutes(-30 * HOUR), minutes(-2 * HOUR)]
    await shared.station.tell('StopTransaction', { transactionId, meterStop: 41_000, timestamp: to })
    const body = {
      record_id: randomUUID(),
      connector_id: 1,
      start_time: from,
      end_time: to,
      energy: 40.5,
      max_power: 11,
      cost: 4,
      currency: 'GBP',
      stop_reason: 'own',
    }
    const uploaded = await server.call('POST', '/v1/device/charging-records', { token: shared.charger.token, body })
    assert.equal(uploaded.status, 200)
    await makeRecord(shared)
    assert.deepEqual(await recordsOf(shared), [[to, 40.5, 'own']])
  })

  it('of OCPP 2.x goes on with an event, and corrects the end', async () => {
    const shared = await makeSharedStation(server, { protocol: 'ocpp2.0.1' })
    const transactionInfo = { transactionId: 'ONE' }
    const evse = { id: 1, connectorId: 1 }
    const event = (eventType: string, seqNo: number, at: number) =>
      shared.station.tell('TransactionEvent', {
        eventType,
        seqNo,
        timestamp: minutes(at),
        triggerReason: 'Trigger',
        transactionInfo,
        evse,
        meterValue: [{ timestamp: minutes(at), sampledValue: [{ value: 1000 * seqNo }] }],
      })
    await event('Started', 0, -30 * HOUR)
    await event('Updated', 1, -29 * HOUR)
    await silence(shared, 25)
    await sweep()
    assert.equal(lasted(await rowOf(shared)), HOUR)
    await event('Updated', 2, -3 * HOUR)
    assert.equal((await rowOf(shared)).ended_at, null)
    await silence(shared, 25)
    await sweep()
    await event('Ended', 3, -2 * HOUR)
    const row = await rowOf(shared)
    assert.deepEqual([lasted(row), row.meter_stop_wh], [28 * HOUR, 3000])
    assert.equal((await db('ocpp.transactions').where({ identity: shared.station.identity })).length, 1)
  })
})
