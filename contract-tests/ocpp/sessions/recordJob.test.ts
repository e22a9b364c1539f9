import assert from 'node:assert/strict'
import { it } from 'node:test'
import { makeSharedStation, minutes } from '../../support/sharedStation.ts'
import { openStream } from '../../support/streamClient.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer({ OCPP_RECORD_DELAY_SECONDS: '0' })
const { feed } = server.services
const token = await server.operator()

it('a session is seen on /stream while it lasts, and its record is made after OCPP_RECORD_DELAY_SECONDS', async () => {
  const { station, charger } = await makeSharedStation(server)
  const stream = await openStream(server, token, `/stream?devices=${charger.deviceId}`)
  const recorded = new Promise<Record<string, unknown>>(resolve =>
    feed.subscribe('core.charging_records', ({ row }) => resolve(row)),
  )
  const started = { connectorId: 2, idTag: 'TAG-1', meterStart: 0, timestamp: minutes(-30) }
  const { transactionId } = (await station.tell('StartTransaction', started)) as { transactionId: number }
  const sampledValue = [{ value: '5000' }, { value: '11000', measurand: 'Power.Active.Import' }]
  await station.tell('MeterValues', {
    connectorId: 2,
    transactionId,
    meterValue: [{ timestamp: minutes(-20), sampledValue }],
  })
  await stream.received(1)
  const [{ state, power, energy_delivered }] = stream.frames[0].connectors
  assert.deepEqual({ state, power, energy_delivered }, { state: 'charging', power: 11, energy_delivered: 5 })
  await stream.close()

  await station.tell('StopTransaction', { transactionId, meterStop: 6000, timestamp: minutes(-10) })
  const { device_id, connector_id, energy_kwh } = await recorded
  assert.deepEqual([device_id, connector_id, Number(energy_kwh)], [charger.deviceId, 2, 6])
})
