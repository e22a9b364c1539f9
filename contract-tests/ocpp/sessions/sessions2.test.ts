import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import * as ocppRecords from '../../../src/store/ocppRecords.ts'
import { makeSharedStation, minutes } from '../../support/sharedStation.ts'
import type { TestStation } from '../../support/stationCalls.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const { db } = server.services
const token = await server.operator()

const register = (value: number, context = 'Sample.Periodic') => ({
  value,
  context,
  measurand: 'Energy.Active.Import.Register',
  unitOfMeasure: { unit: 'kWh' },
})
const kilowatts = (value: number, measurand = 'Power.Active.Import') => ({
  value,
  measurand,
  unitOfMeasure: { unit: 'W', multiplier: 3 },
})

/** The events of one session, as a station numbers them. */
function session(transactionId = randomUUID() as string) {
  const event = (eventType: string, seqNo: number, at: number, info: object, sampledValue: object[], more = {}) => ({
    eventType,
    seqNo,
    timestamp: minutes(at),
    triggerReason: 'Trigger',
    transactionInfo: { transactionId, ...info },
    ...(sampledValue.length > 0 && { meterValue: [{ timestamp: minutes(at), sampledValue }] }),
    ...more,
  })
  const started = event('Started', 0, -20, { chargingState: 'EVConnected' }, [register(100, 'Transaction.Begin')], {
    evse: { id: 1, connectorId: 1 },
    idToken: { idToken: 'TAG-1', type: 'Central' },
  })
  return {
    transactionId,
    started,
    charging: event('Updated', 1, -15, { chargingState: 'Charging' }, [register(104), kilowatts(50)]),
    later: event('Updated', 2, -10, {}, [register(108), kilowatts(48)]),
    ended: event('Ended', 3, -5, { chargingState: 'Idle', stoppedReason: 'SOCLimitReached' }, [
      register(112),
      kilowatts(0),
    ]),
  }
}

const tell = async (station: TestStation, ...events: object[]) => {
  for (const event of events) await station.tell('TransactionEvent', event)
}
const rowOf = ({ identity }: TestStation) => db('ocpp.transactions').first().where({ identity })
const connectorOf = async (deviceId: string, connectorId = 1) => {
  const { body } = await server.call('GET', `/v1/devices/${deviceId}/connectors`, { token })
  return body.data.items.find((connector: { connector_id: number }) => connector.connector_id === connectorId)
}
const eventsOf = (deviceId: string) =>
  db('telemetry.device_events').where({ device_id: deviceId }).orderBy('event_id').pluck('event_type')
const energiesOf = (deviceId: string) =>
  db('telemetry.readings').where({ device_id: deviceId }).orderBy('time').pluck('energy_delivered_kwh')

for (const protocol of ['ocpp2.0.1', 'ocpp2.1'] as const)
  describe(`a session of ${protocol}`, () => {
    it('shows on tellus from its beginning to its end', async () => {
      const { station, charger } = await makeSharedStation(server, { protocol })
      const { started, charging, later, ended } = session()
      await tell(station, started)
      assert.equal((await connectorOf(charger.deviceId)).status, 'idle')
      await tell(station, charging)
      const { status, power, energy_delivered } = await connectorOf(charger.deviceId)
      assert.deepEqual({ status, power, energy_delivered }, { status: 'charging', power: 50, energy_delivered: 4 })
      await tell(station, later, ended)
      const after = await connectorOf(charger.deviceId)
      assert.deepEqual([after.status, after.power, after.energy_delivered], ['idle', 0, 12])
      const { started_at, ended_at, meter_start_wh, meter_stop_wh, stop_reason, id_tag } = await rowOf(station)
      assert.deepEqual(
        [started_at.toISOString(), ended_at.toISOString(), meter_start_wh, meter_stop_wh, stop_reason, id_tag],
        [started.timestamp, ended.timestamp, 100_000, 112_000, 'SOCLimitReached', 'TAG-1'],
      )
    })

    it('is the same when every event comes twice', async () => {
      const { station, charger } = await makeSharedStation(server, { protocol })
      const { started, charging, later, ended } = session()
      await tell(station, started, started, charging, charging, later, later, ended, ended, charging, started)
      assert.equal((await connectorOf(charger.deviceId)).status, 'idle')
      assert.deepEqual(await energiesOf(charger.deviceId), [0, 4, 8, 12])
      assert.deepEqual(await eventsOf(charger.deviceId), ['start', 'stop'])
      assert.equal((await rowOf(station)).last_sequence, 3)
    })

    it('is the same when events come in the wrong order', async () => {
      const { station, charger } = await makeSharedStation(server, { protocol })
      const { started, charging, later, ended } = session()
      await tell(station, ended, later, started, charging)
      const row = await rowOf(station)
      assert.deepEqual(
        [row.started_at.toISOString(), row.ended_at.toISOString(), row.connector_id, row.meter_start_wh, row.id_tag],
        [started.timestamp, ended.timestamp, 1, 100_000, 'TAG-1'],
      )
      assert.equal((await connectorOf(charger.deviceId)).status, 'idle')
    })
  })

describe('an id that a station gives again', () => {
  const AGAIN = '7'
  /** The events of a session as they are, or of one that much later with another meter. */
  const moved = (event: ReturnType<typeof session>['started'], by: number, kwh: number) => ({
    ...event,
    timestamp: new Date(Date.parse(event.timestamp) + by * 60_000).toISOString(),
    meterValue: event.meterValue!.map(({ timestamp, sampledValue: [register, ...others] }) => ({
      timestamp: new Date(Date.parse(timestamp) + by * 60_000).toISOString(),
      sampledValue: [{ ...register, value: (register as { value: number }).value + kwh }, ...others],
    })),
  })
  const rowsOf = async ({ identity }: TestStation) => {
    const rows = await db('ocpp.transactions').where({ identity }).orderBy('started_at')
    return rows.map(({ started_at, ended_at, meter_start_wh, meter_stop_wh }) => [
      started_at.toISOString(),
      ended_at?.toISOString(),
      meter_start_wh,
      meter_stop_wh,
    ])
  }

  it('is another transaction, whose samples and record are its own, and what comes late finds the older one', async () => {
    const { station, charger } = await makeSharedStation(server, { protocol: 'ocpp2.0.1' })
    const { started, charging, later, ended } = session(AGAIN)
    const first = [started, charging, ended].map(event => moved(event, -60, 0))
    const second = [started, charging, later, ended].map(event => moved(event, 0, 50))
    await tell(station, ...first, ...first, ...second.slice(0, 2), ...first, ...second.slice(2), ...first, ...second)
    assert.deepEqual(await rowsOf(station), [
      [first[0]!.timestamp, first[2]!.timestamp, 100_000, 112_000],
      [second[0]!.timestamp, second[3]!.timestamp, 150_000, 162_000],
    ])
    assert.deepEqual(await energiesOf(charger.deviceId), [0, 4, 12, 0, 4, 8, 12])
    assert.deepEqual(await eventsOf(charger.deviceId), ['start', 'stop', 'start', 'stop'])
    const keys = await db('ocpp.transactions').where({ identity: station.identity }).pluck('transaction_key')
    for (const key of keys) await ocppRecords.make(db, key)
    const records = await db('core.charging_records').where({ device_id: charger.deviceId }).orderBy('start_time')
    assert.deepEqual(
      records.map(({ start_time, energy_kwh }) => [start_time.toISOString(), Number(energy_kwh)]),
      [
        [first[0]!.timestamp, 12],
        [second[0]!.timestamp, 12],
      ],
    )
  })

  it('is the same transaction when only its start is late, by whatever clock', async () => {
    for (const timestamp of [undefined, '1970-01-01T00:00:00Z']) {
      const { station } = await makeSharedStation(server, { protocol: 'ocpp2.0.1' })
      const { started, ended } = session(AGAIN)
      const told = [started, ended].map(event => ({ ...event, ...(timestamp && { timestamp }) }))
      await tell(station, ...told, ...told.reverse())
      assert.equal((await rowsOf(station)).length, 1)
    }
  })
})

describe('what stations of OCPP 2.x tell', () => {
  it('is known before the vehicle is on an EVSE', async () => {
    const { station, charger } = await makeSharedStation(server, { protocol: 'ocpp2.0.1' })
    const { started, charging } = session()
    await tell(station, { ...started, evse: undefined })
    assert.equal((await rowOf(station)).connector_id, 0)
    await tell(station, { ...charging, evse: { id: 2, connectorId: 2 } })
    assert.equal((await rowOf(station)).connector_id, 23)
    assert.equal((await connectorOf(charger.deviceId, 23)).status, 'charging')
  })

  it('is discharging where energy flows out of the vehicle', async () => {
    const { station, charger } = await makeSharedStation(server, { protocol: 'ocpp2.1' })
    const { started, charging } = session()
    const meterValue = [{ timestamp: minutes(-15), sampledValue: [kilowatts(9.6, 'Power.Active.Export')] }]
    await tell(station, started, { ...charging, meterValue })
    const { status, power } = await connectorOf(charger.deviceId)
    assert.deepEqual({ status, power }, { status: 'discharging', power: -9.6 })
  })

  it('does not end a session with a status that only says that a vehicle is there', async () => {
    const { station, charger } = await makeSharedStation(server, { protocol: 'ocpp2.0.1' })
    const status = (connectorStatus: string, at: number) =>
      station.tell('StatusNotification', { timestamp: minutes(at), connectorStatus, evseId: 1, connectorId: 1 })
    const { started, charging, ended } = session()
    await status('Occupied', -21)
    await tell(station, started, charging)
    await status('Occupied', -14)
    assert.equal((await connectorOf(charger.deviceId)).status, 'charging')
    await tell(station, ended)
    await status('Available', -4)
    const { status: shown, vehicle_connected } = await connectorOf(charger.deviceId)
    assert.deepEqual([shown, vehicle_connected], ['idle', false])
    assert.deepEqual(await eventsOf(charger.deviceId), ['plug_in', 'start', 'stop', 'plug_out'])
  })

  it('is telemetry also outside of a transaction', async () => {
    const { station, charger } = await makeSharedStation(server, { protocol: 'ocpp2.0.1' })
    const meterValue = [{ timestamp: minutes(-1), sampledValue: [{ value: 230, measurand: 'Voltage' }] }]
    await station.tell('MeterValues', { evseId: 2, meterValue })
    await station.tell('MeterValues', { evseId: 0, meterValue })
    const [reading, ...others] = await db('telemetry.readings').where({ device_id: charger.deviceId })
    assert.deepEqual([reading.connector_id, reading.state, reading.voltage_v, others], [2, 'idle', 230, []])
  })

  it('is one session when two sockets tell of it at once', async () => {
    const { station, charger } = await makeSharedStation(server, { protocol: 'ocpp2.0.1' })
    const { started, ended } = session()
    await Promise.all([tell(station, started), tell(station, started), tell(station, ended), tell(station, ended)])
    const rows = await db('ocpp.transactions').where({ identity: station.identity })
    assert.deepEqual(
      rows.map(({ meter_start_wh, meter_stop_wh }) => [meter_start_wh, meter_stop_wh]),
      [[100_000, 112_000]],
    )
    assert.deepEqual((await eventsOf(charger.deviceId)).sort(), ['start', 'stop'])
  })
})
