import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { events } from '../../../generated/tellus/validators.js'
import * as ocppRecords from '../../../src/store/ocppRecords.ts'
import { makeSharedStation, minutes, type SharedStation } from '../../support/sharedStation.ts'
import { openStream } from '../../support/streamClient.ts'
import { startTestServer } from '../../support/testServer.ts'

/** A station of alternating current does not know how full a vehicle is, and many tell energy and power alone. */

const server = await startTestServer()
const { db } = server.services
const token = await server.operator()

/** A session with energy and power, and what else is measured in its second sample. */
async function charge({ station }: SharedStation, more: object[] = []): Promise<void> {
  const started = { connectorId: 1, idTag: 'TAG-1', meterStart: 0, timestamp: minutes(-30) }
  const { transactionId } = (await station.tell('StartTransaction', started)) as { transactionId: number }
  const measured = (wh: number, ...values: object[]) => [
    { value: String(wh) },
    { value: '11', measurand: 'Power.Active.Import', unit: 'kW' },
    ...values,
  ]
  for (const [timestamp, sampledValue] of [
    [minutes(-25), measured(1000)],
    [minutes(-20), measured(2000, ...more)],
    [minutes(-15), measured(3000)],
  ])
    await station.tell('MeterValues', { connectorId: 1, transactionId, meterValue: [{ timestamp, sampledValue }] })
  await station.tell('StopTransaction', { transactionId, meterStop: 4000, timestamp: minutes(-10) })
}

async function recorded({ station }: SharedStation) {
  const { transaction_key } = await db('ocpp.transactions').first().where({ identity: station.identity })
  await ocppRecords.make(db, transaction_key)
  const { record_id } = await db('ocpp.transactions').first().where({ transaction_key })
  const record = await db('core.charging_records').first().where({ record_id })
  const path = `/v1/operator/devices/${record.device_id}/sessions/${record_id}/telemetry`
  return { record, path }
}

describe('what a station does not measure', () => {
  it('is null at its connector, and left out of frames, records and exports', async () => {
    const shared = await makeSharedStation(server)
    const { deviceId } = shared.charger
    const stream = await openStream(server, token, `/stream?devices=${deviceId}`)
    await charge(shared)
    await stream.received(3)
    await stream.close()
    assert.equal(stream.frames.filter(frame => events.StreamFrame(frame)).length, 3)
    const [frame] = stream.frames[0].connectors
    assert.deepEqual(frame, { connector_id: 1, state: 'charging', power: 11, soc: null, energy_delivered: 1 })

    const [connector] = (await server.call('GET', `/v1/devices/${deviceId}`, { token })).body.data.connectors
    assert.deepEqual([connector.soc, connector.voltage, connector.energy_delivered], [null, null, 3])

    const { record, path } = await recorded(shared)
    assert.equal(record.vehicle_info, null)
    const { items } = (await server.call('GET', path, { token })).body.data
    const { timestamp, ...first } = items[0]
    assert.ok(Date.parse(timestamp) > 0)
    assert.deepEqual(first, { connector_id: 1, state: 'charging', power: 11, energy_delivered: 1 })
    const headers = { Authorization: `Bearer ${token}`, Accept: 'text/csv' }
    const csv = await (await fetch(`${server.url}${path}`, { headers })).text()
    assert.match(csv.split('\n')[1]!, /,1,charging,,,11,1,,,,,$/)
  })

  it('is known from when it was measured, as it was a moment ago', async () => {
    const shared = await makeSharedStation(server)
    await charge(shared, [
      { value: '61', measurand: 'SoC' },
      { value: '230', measurand: 'Voltage' },
    ])
    const { record, path } = await recorded(shared)
    assert.deepEqual(record.vehicle_info, { soc_start: 61, soc_end: 61 })
    const { items } = (await server.call('GET', path, { token })).body.data
    assert.deepEqual(
      items.map(({ soc, voltage, current }: Record<string, number>) => [soc, voltage, current]),
      [
        [undefined, undefined, undefined],
        [61, 230, undefined],
        [61, 230, undefined],
      ],
    )
  })

  it('is not what was measured as 0', async () => {
    const shared = await makeSharedStation(server)
    await charge(shared, [{ value: '0', measurand: 'SoC' }])
    const { record } = await recorded(shared)
    assert.deepEqual(record.vehicle_info, { soc_start: 0, soc_end: 0 })
  })
})
