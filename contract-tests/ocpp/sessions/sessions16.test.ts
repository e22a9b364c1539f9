import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { closeStations, connectRaw } from '../../support/rawStation.ts'
import { makeSharedStation, minutes } from '../../support/sharedStation.ts'
import type { TestStation } from '../../support/stationCalls.ts'
import { makeStation } from '../../support/stationCalls.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const { db } = server.services
after(closeStations)
const token = await server.operator()

const start = (timestamp: string, more = {}) => ({
  connectorId: 1,
  idTag: 'TAG-1',
  meterStart: 10_000,
  timestamp,
  ...more,
})
const stop = (transactionId: number, timestamp: string, more = {}) => ({
  transactionId,
  meterStop: 22_500,
  timestamp,
  ...more,
})
const values = (timestamp: string, wh: number, kw: number) => ({
  timestamp,
  sampledValue: [
    { value: String(wh) },
    { value: String(kw), measurand: 'Power.Active.Import', unit: 'kW' },
    { value: '400', measurand: 'Voltage' },
    { value: '61', measurand: 'SoC' },
  ],
})

const begin = async (station: TestStation, payload: object) =>
  ((await station.tell('StartTransaction', payload)) as { transactionId: number }).transactionId
const transactionsOf = ({ identity }: Pick<TestStation, 'identity'>) =>
  db('ocpp.transactions').where({ identity }).orderBy('transaction_key')
const eventsOf = (deviceId: string) =>
  db('telemetry.device_events').where({ device_id: deviceId }).orderBy('event_id').pluck('event_type')
const connectorOf = async (deviceId: string, connectorId = 1) => {
  const { body } = await server.call('GET', `/v1/devices/${deviceId}/connectors`, { token })
  return body.data.items.find((connector: { connector_id: number }) => connector.connector_id === connectorId)
}

describe('a session of OCPP 1.6', () => {
  it('shows on tellus while it runs', async () => {
    const { station, charger } = await makeSharedStation(server)
    const transactionId = await begin(station, start(minutes(-10)))
    await station.tell('MeterValues', { connectorId: 1, transactionId, meterValue: [values(minutes(-5), 14_000, 48)] })
    const { status, power, voltage, energy_delivered, soc, vehicle_connected } = await connectorOf(charger.deviceId)
    assert.deepEqual(
      { status, power, voltage, energy_delivered, soc, vehicle_connected },
      { status: 'charging', power: 48, voltage: 400, energy_delivered: 4, soc: 61, vehicle_connected: true },
    )
    await station.tell('StopTransaction', stop(transactionId, minutes(-1), { reason: 'Remote' }))
    const after = await connectorOf(charger.deviceId)
    assert.deepEqual([after.status, after.power, after.energy_delivered], ['idle', 0, 4])
    assert.deepEqual(await eventsOf(charger.deviceId), ['start', 'stop'])
  })

  it('keeps the samples that its end brings, and stays ended', async () => {
    const { station, charger } = await makeSharedStation(server)
    const transactionId = await begin(station, start(minutes(-10)))
    const end = minutes(-1)
    const transactionData = [values(minutes(-6), 15_000, 30), values(end, 22_500, 0)]
    await station.tell('StopTransaction', stop(transactionId, end, { transactionData }))
    const readings = await db('telemetry.readings').where({ device_id: charger.deviceId }).orderBy('time')
    assert.deepEqual(
      readings.map(({ energy_delivered_kwh, power_kw }) => [energy_delivered_kwh, power_kw]),
      [
        [5, 30],
        [12.5, 0],
      ],
    )
    assert.equal((await connectorOf(charger.deviceId)).status, 'idle')
  })

  it('is begun once, however often the station says so, and on two sockets at once', async () => {
    const { station, charger } = await makeSharedStation(server)
    const payload = start(minutes(-10))
    const ids = await Promise.all([begin(station, payload), begin(station, payload), begin(station, payload)])
    assert.equal(new Set(ids).size, 1)
    assert.equal(await begin(station, payload), ids[0])
    assert.equal((await transactionsOf(station)).length, 1)
    assert.deepEqual(await eventsOf(charger.deviceId), ['start'])
  })

  it('is ended once, by the first end', async () => {
    const { station, charger } = await makeSharedStation(server)
    const transactionId = await begin(station, start(minutes(-10)))
    const payload = stop(transactionId, minutes(-3))
    await station.tell('StopTransaction', payload)
    await station.tell('StopTransaction', payload)
    await station.tell('StopTransaction', stop(transactionId, minutes(-1), { meterStop: 99_000 }))
    const [{ meter_stop_wh, ended_at }, ...others] = await transactionsOf(station)
    assert.deepEqual([meter_stop_wh, ended_at.toISOString(), others], [22_500, payload.timestamp, []])
    assert.deepEqual(await eventsOf(charger.deviceId), ['start', 'stop'])
    const jobs = await db('jobs.job')
      .where({ name: 'record-session' })
      .whereRaw(
        `data->>'transactionKey' in (
      select transaction_key::text from ocpp.transactions where identity = ?)`,
        [station.identity],
      )
    assert.equal(jobs.length, 1)
  })

  it('goes on while the vehicle pauses, and is told apart from one that waits to begin', async () => {
    const { station, charger } = await makeSharedStation(server)
    const report = (status: string, at: number, more = {}) =>
      station.tell('StatusNotification', {
        connectorId: 1,
        errorCode: 'NoError',
        status,
        timestamp: minutes(at),
        ...more,
      })
    await report('Preparing', -9)
    assert.deepEqual((await connectorOf(charger.deviceId)).status, 'idle')
    await begin(station, start(minutes(-8)))
    await report('Charging', -7)
    await report('SuspendedEV', -6)
    assert.equal((await connectorOf(charger.deviceId)).status, 'charging')
    await report('Faulted', -5, { errorCode: 'GroundFailure', info: 'RCD', vendorErrorCode: '421' })
    const faulted = await connectorOf(charger.deviceId)
    assert.deepEqual([faulted.status, faulted.fault_code], ['fault', 'F-0421'])
    await report('Finishing', -4)
    await report('Available', -3)
    const free = await connectorOf(charger.deviceId)
    assert.deepEqual([free.status, free.vehicle_connected, free.fault_code], ['idle', false, null])
    assert.deepEqual(await eventsOf(charger.deviceId), ['plug_in', 'start', 'fault', 'fault', 'plug_out'])
  })
})

describe('what a station of OCPP 1.6 tells late or wrongly', () => {
  it('ends the one session that fits, when it never got a number', async () => {
    const { station } = await makeSharedStation(server)
    await begin(station, start(minutes(-10)))
    const payload = stop(-1, minutes(-2))
    await station.tell('StopTransaction', payload)
    await station.tell('StopTransaction', payload)
    const [{ ended_at }, ...others] = await transactionsOf(station)
    assert.deepEqual([ended_at.toISOString(), others], [payload.timestamp, []])
  })

  it('is kept for itself, once, when no session or more than one fits', async () => {
    const { station } = await makeSharedStation(server)
    await begin(station, start(minutes(-10)))
    await begin(station, start(minutes(-9), { connectorId: 2 }))
    for (const transactionId of [0, 123_456_789]) {
      await station.tell('StopTransaction', stop(transactionId, minutes(-2)))
      await station.tell('StopTransaction', stop(transactionId, minutes(-2)))
    }
    const rows = await transactionsOf(station)
    assert.deepEqual(
      rows.map(({ connector_id, ended_at }) => [connector_id, ended_at !== null]),
      [
        [1, false],
        [2, false],
        [0, true],
        [0, true],
      ],
    )
  })

  it('is telemetry of the session that runs, when it names none or an unknown one', async () => {
    const { station, charger } = await makeSharedStation(server)
    await begin(station, start(minutes(-10)))
    await station.tell('MeterValues', { connectorId: 1, meterValue: [values(minutes(-9), 11_000, 11)] })
    await station.tell('MeterValues', {
      connectorId: 1,
      transactionId: -1,
      meterValue: [values(minutes(-8), 12_000, 11)],
    })
    await station.tell('MeterValues', {
      connectorId: 1,
      transactionId: 999_999_999,
      meterValue: [values(minutes(-7), 13_000, 11)],
    })
    await station.tell('MeterValues', { connectorId: 0, meterValue: [values(minutes(-7), 13_000, 11)] })
    const energies = await db('telemetry.readings')
      .where({ device_id: charger.deviceId })
      .orderBy('time')
      .pluck('energy_delivered_kwh')
    assert.deepEqual(energies, [1, 2, 3])
  })

  it('is as it was a moment ago, where a message leaves something out', async () => {
    const { station, charger } = await makeSharedStation(server)
    await begin(station, start(minutes(-10)))
    await station.tell('MeterValues', { connectorId: 1, meterValue: [values(minutes(-9), 11_000, 22)] })
    await station.tell('MeterValues', {
      connectorId: 1,
      meterValue: [{ timestamp: minutes(-8), sampledValue: [{ value: '11300' }] }],
    })
    const { power, voltage, soc, energy_delivered } = await connectorOf(charger.deviceId)
    assert.deepEqual(
      { power, voltage, soc, energy_delivered },
      { power: 22, voltage: 400, soc: 61, energy_delivered: 1.3 },
    )
  })

  it('moves nothing when it is from the future, and is kept', async () => {
    const { station, charger } = await makeSharedStation(server)
    await begin(station, start(minutes(-10)))
    await station.tell('MeterValues', { connectorId: 1, meterValue: [values(minutes(60 * 24 * 400), 11_000, 22)] })
    await station.tell('StatusNotification', {
      connectorId: 1,
      errorCode: 'NoError',
      status: 'Unavailable',
      timestamp: minutes(90),
    })
    const { status, power } = await connectorOf(charger.deviceId)
    assert.deepEqual([status, power], ['charging', null])
    assert.equal((await db('telemetry.readings').where({ device_id: charger.deviceId })).length, 1)
  })

  it('moves nothing back when it is older than what is known', async () => {
    const { station, charger } = await makeSharedStation(server)
    const transactionId = await begin(station, start(minutes(-10)))
    await station.tell('StopTransaction', stop(transactionId, minutes(-2)))
    await station.tell('MeterValues', { connectorId: 1, transactionId, meterValue: [values(minutes(-5), 12_000, 22)] })
    assert.equal((await connectorOf(charger.deviceId)).status, 'idle')
    const [reading] = await db('telemetry.readings').where({ device_id: charger.deviceId })
    assert.deepEqual([reading.state, reading.energy_delivered_kwh], ['charging', 2])
  })

  it('leaves a connector in its fault while nothing flows', async () => {
    const { station, charger } = await makeSharedStation(server)
    await station.tell('StatusNotification', {
      connectorId: 1,
      errorCode: 'InternalError',
      status: 'Faulted',
      timestamp: minutes(-5),
    })
    await station.tell('MeterValues', { connectorId: 1, meterValue: [values(minutes(-4), 11_000, 0)] })
    assert.equal((await connectorOf(charger.deviceId)).status, 'fault')
  })
})

describe('a station without a device', () => {
  it('has its sessions kept, and shows nowhere', async () => {
    const station = await makeStation(server.services, { protocol: 'ocpp1.6' })
    const transactionId = await begin(station, start(minutes(-10)))
    await station.tell('MeterValues', { connectorId: 1, transactionId, meterValue: [values(minutes(-5), 14_000, 48)] })
    await station.tell('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging' })
    await station.tell('StopTransaction', stop(transactionId, minutes(-1)))
    const [row] = await transactionsOf(station)
    assert.deepEqual([row.device_id, row.meter_stop_wh], [null, 22_500])
  })
})

describe('an end without a meter that can be read', () => {
  const unread = [undefined, null, {}, 'much', 1e300]
  const end = (transactionId: number, meterStop: unknown) => ({ transactionId, meterStop, timestamp: minutes(-2) })
  for (const validation of ['tolerant', 'off'] as const)
    it(`ends the session as it was measured last (${validation})`, async () => {
      for (const meterStop of unread) {
        const { station, charger } = await makeSharedStation(server)
        station.validation = validation
        const transactionId = await begin(station, start(minutes(-60)))
        const meterValue = [values(minutes(-40), 13_000, 9), values(minutes(-20), 16_000, 9)]
        await station.tell('MeterValues', { connectorId: 1, transactionId, meterValue })
        const payload = end(transactionId, meterStop)
        for (const _ of ['told', 'repeated'])
          assert.deepEqual(await station.say('StopTransaction', payload), { kind: 'result', payload: {} })
        const [{ ended_at, meter_stop_wh, is_presumed }, ...others] = await transactionsOf(station)
        assert.deepEqual(
          [ended_at.toISOString(), meter_stop_wh, is_presumed, others],
          [payload.timestamp, 16_000, false, []],
        )
        assert.equal((await connectorOf(charger.deviceId)).status, 'idle')
      }
    })
  it('ends one that was never measured with the meter as it began', async () => {
    const { station } = await makeSharedStation(server)
    station.validation = 'tolerant'
    await begin(station, start(minutes(-60)))
    await station.say('StopTransaction', end(-1, undefined))
    const [row] = await transactionsOf(station)
    assert.deepEqual([row.ended_at !== null, row.meter_stop_wh], [true, 10_000])
  })
  it('is kept for itself where it belongs to no session', async () => {
    const { station } = await makeSharedStation(server)
    station.validation = 'tolerant'
    await station.say('StopTransaction', end(4711, undefined))
    const [row] = await transactionsOf(station)
    assert.deepEqual([row.connector_id, row.meter_stop_wh], [0, null])
  })
})

describe('a station whose clock was never set', () => {
  it('begins another session with the same words when the one before has ended, and repeats itself before', async () => {
    const station = await makeStation(server.services, { protocol: 'ocpp1.6' })
    const unset = '1970-01-01T00:00:00Z'
    const first = await begin(station, start(unset))
    assert.equal(await begin(station, start(unset)), first)
    await station.tell('StopTransaction', stop(first, unset))
    const second = await begin(station, start(unset))
    assert.notEqual(second, first)
    await station.tell('StopTransaction', stop(second, unset))
    const ended = (await transactionsOf(station)).map(({ ended_at }) => ended_at !== null)
    assert.deepEqual(ended, [true, true])
  })

  for (const unnamed of [0, -1])
    it(`ends each of its sessions with the same words (id ${unnamed}), and repeats itself when none of them runs`, async () => {
      const station = await makeStation(server.services, { protocol: 'ocpp1.6' })
      const unset = '1970-01-01T00:00:00Z'
      for (const _ of ['first', 'second', 'third']) {
        await begin(station, start(unset))
        for (const _ of ['told', 'repeated']) await station.tell('StopTransaction', stop(unnamed, unset))
      }
      assert.deepEqual(
        (await transactionsOf(station)).map(({ connector_id, ended_at }) => [connector_id, ended_at !== null]),
        [
          [1, true],
          [1, true],
          [1, true],
        ],
      )
    })

  it('has each end kept that belongs to no session, and a repeated one once', async () => {
    const identity = `CP-${randomUUID()}`
    const connect = () => connectRaw(server.url, { ...server.credentials.ocpp, identity, protocols: ['ocpp1.6'] })
    const payload = stop(-1, '1970-01-01T00:00:00Z')
    const first = await connect()
    for (const id of ['one', 'one-again']) await first.call('StopTransaction', payload, id)
    await first.close()
    const second = await connect()
    await second.call('StopTransaction', payload, 'one')
    assert.equal((await transactionsOf({ identity })).length, 1)
    for (const id of ['two', 'two-again']) await second.call('StopTransaction', payload, id)
    assert.equal((await transactionsOf({ identity })).length, 2)
    await second.close()
  })
})
