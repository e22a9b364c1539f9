import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../../processes/workplace.ts'
import { commandedStation, lastAsked } from '../../support/commandedStation.ts'
import { startTestServer } from '../../support/testServer.ts'

/** A discharge ends at the state of charge that the vehicle is to keep, which no message of OCPP can say. */

const server = await startTestServer()
const station = await commandedStation(server, 'ocpp2.1')
let sequence = 0
const tell = (eventType: string, transactionInfo: object, more: object = {}) =>
  station.call('TransactionEvent', {
    eventType,
    triggerReason: 'MeterValuePeriodic',
    seqNo: sequence++,
    timestamp: new Date().toISOString(),
    evse: { id: 1, connectorId: 1 },
    transactionInfo,
    ...more,
  })
const measure = (transactionId: string, soc: number) => {
  const sampledValue = [{ measurand: 'SoC', value: soc, unitOfMeasure: { unit: 'Percent' } }]
  return tell('Updated', { transactionId }, { meterValue: [{ timestamp: new Date().toISOString(), sampledValue }] })
}
const clears = () => station.asked.filter(({ action }) => action === 'ClearChargingProfile')
const isCleared = (times: number) => eventually(`${times} times`, 5000, () => clears().length === times)
const DISCHARGE = { discharge_power: 10, duration: 3600, min_soc: 40 }
const shown = async (commandId: string) => station.becomes(commandId, 'completed')

describe('a discharge with a state of charge to keep', () => {
  it('says that this depends on what the charger tells', async () => {
    await tell('Started', { transactionId: 'soc-1', chargingState: 'Charging' })
    const asked = await station.command('discharge', DISCHARGE)
    assert.match((await shown(asked)).message, /^min_soc is kept/)
  })

  it('ends once the vehicle has no more, and is tried again when the station could not be told', async () => {
    const asked = await station.command('discharge', DISCHARGE)
    await shown(asked)
    const { id } = (await lastAsked(station, 'SetChargingProfile')).chargingProfile
    await measure('soc-1', 41)
    station.answer('ClearChargingProfile', () => {
      throw Object.assign(new Error('not now'), { rpcErrorCode: 'InternalError', rpcErrorMessage: 'not now' })
    })
    await measure('soc-1', 40)
    await isCleared(1)
    assert.deepEqual(clears()[0]!.payload, { chargingProfileId: id })
    await eventually('it to be taken back', 5000, async () => (await shown(asked)).message === null)
    station.answer('ClearChargingProfile', () => ({ status: 'Accepted' }))
    await measure('soc-1', 39.5)
    await isCleared(2)
    const { message, details } = await shown(asked)
    assert.deepEqual([message, details.ended_at_soc], ['ended at 39.5 %, to keep 40 %', 39.5])
    await measure('soc-1', 39)
    await tell('Ended', { transactionId: 'soc-1' })
    assert.equal(clears().length, 2)
  })

  it('ends too where the session was begun for it', async () => {
    const asked = await station.command('discharge', DISCHARGE)
    await station.becomes(asked, 'accepted')
    const { remoteStartId, chargingProfile } = await lastAsked(station, 'RequestStartTransaction')
    await tell('Started', { transactionId: 'soc-2', remoteStartId })
    await shown(asked)
    await measure('soc-2', 12)
    await isCleared(3)
    assert.deepEqual(clears()[2]!.payload, { chargingProfileId: chargingProfile.id })
    await tell('Ended', { transactionId: 'soc-2' })
  })

  it('means nothing to the session after it', async () => {
    await tell('Started', { transactionId: 'soc-3', chargingState: 'Charging' })
    const asked = await station.command('start', { charge_power: 11, target_soc: 80 })
    await shown(asked)
    await measure('soc-3', 10)
    await station.call('Heartbeat', {})
    await tell('Ended', { transactionId: 'soc-3' })
    assert.equal(clears().length, 3)
  })
})
