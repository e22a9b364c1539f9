import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Payload } from '../rpc/frame.ts'
import { check } from '../schemas.ts'
import { station16 } from './station16.ts'
import { station201 } from './station201.ts'
import { type Call, type ProxiedTransaction, type Translator, Untranslatable } from './translator.ts'

const TIME = '2026-07-03T12:00:00.000Z'
const UUID = '6f1d2a3e-6c1d-4a52-9d8e-0d6a2f1b7c11'
const known: ProxiedTransaction = {
  stationTransactionId: '17',
  upstreamTransactionId: UUID,
  evseId: 1,
  sequence: 3,
  meterStartWh: 1000,
  ended: false,
}
const known201: ProxiedTransaction = { ...known, stationTransactionId: UUID, upstreamTransactionId: '42' }

/** What the upstream is told, after it was held against the schemas of both versions. */
function up(
  translator: Translator,
  action: string,
  payload: Payload,
  { transaction, answer = {} }: { transaction?: ProxiedTransaction; answer?: Payload } = {},
): Call[] {
  assert.equal(check(translator.stationProtocol, action, 'request', payload), undefined)
  const message = { action, payload, answer, receivedAt: new Date(TIME) }
  const calls = translator.toUpstream(message, transaction, () => UUID)
  for (const call of calls)
    assert.equal(check(translator.upstreamProtocol, call.action, 'request', call.payload), undefined)
  return calls
}

/** What the station is told, or the upstream answered at once. */
async function down(translator: Translator, action: string, payload: Payload, transaction?: ProxiedTransaction) {
  assert.equal(check(translator.upstreamProtocol, action, 'request', payload), undefined)
  const downward = await translator.toStation(
    { action, payload },
    async id => (transaction?.upstreamTransactionId === id ? transaction : undefined),
    () => 7,
  )
  if ('call' in downward)
    assert.equal(check(translator.stationProtocol, downward.call.action, 'request', downward.call.payload), undefined)
  return downward
}

describe('a 1.6 station says to a 2.0.1 upstream', () => {
  it('who it is', () => {
    const [call] = up(station16, 'BootNotification', {
      chargePointVendor: 'Vendor',
      chargePointModel: 'Model',
      chargePointSerialNumber: 'S1',
      iccid: '89',
    })
    assert.deepEqual(call!.payload, {
      reason: 'PowerUp',
      chargingStation: { vendorName: 'Vendor', model: 'Model', serialNumber: 'S1', modem: { iccid: '89' } },
    })
  })
  it('that it is there', () => assert.deepEqual(up(station16, 'Heartbeat', {}), [{ action: 'Heartbeat', payload: {} }]))
  it('what its connectors do, but nothing of connector 0', () => {
    const status = { connectorId: 2, errorCode: 'NoError', status: 'SuspendedEV' }
    assert.deepEqual(up(station16, 'StatusNotification', status)[0]!.payload, {
      timestamp: TIME,
      connectorStatus: 'Occupied',
      evseId: 2,
      connectorId: 1,
    })
    assert.deepEqual(up(station16, 'StatusNotification', { ...status, connectorId: 0 }), [])
  })
  it('who wants to charge', () =>
    assert.deepEqual(up(station16, 'Authorize', { idTag: 'TAG-1' })[0]!.payload, {
      idToken: { idToken: 'TAG-1', type: 'Central' },
    }))
  it('that a transaction began, once', () => {
    const start = { connectorId: 1, idTag: 'TAG-1', meterStart: 1000, timestamp: TIME }
    const answer = { transactionId: 17, idTagInfo: { status: 'Accepted' } }
    const [call] = up(station16, 'StartTransaction', start, { answer })
    assert.equal(call!.action, 'TransactionEvent')
    assert.equal(call!.payload.eventType, 'Started')
    assert.equal(call!.payload.seqNo, 0)
    const message = { action: 'StartTransaction', payload: start, answer, receivedAt: new Date(TIME) }
    assert.equal(station16.transactionOf(message), '17')
    assert.deepEqual(station16.learn(message, undefined, call!, {}), { ...known, sequence: 1 })
    assert.deepEqual(up(station16, 'StartTransaction', start, { answer, transaction: known }), [])
  })
  it('what it measures, of a transaction and of none', () => {
    const meterValue = [
      {
        timestamp: TIME,
        sampledValue: [
          { value: '1.5', unit: 'kWh' },
          { value: '16', measurand: 'Current.Import', phase: 'L1', unit: 'A' },
          { value: '40', measurand: 'Temperature', unit: 'Celsius' },
          { value: 'OCMF|...', format: 'SignedData' },
        ],
      },
    ]
    const [event] = up(
      station16,
      'MeterValues',
      { connectorId: 1, transactionId: 17, meterValue },
      { transaction: known },
    )
    assert.deepEqual(event!.payload, {
      eventType: 'Updated',
      timestamp: TIME,
      triggerReason: 'MeterValuePeriodic',
      seqNo: 3,
      transactionInfo: { transactionId: UUID },
      meterValue: [
        {
          timestamp: TIME,
          sampledValue: [
            { value: 1.5, unitOfMeasure: { unit: 'kWh' } },
            { value: 16, measurand: 'Current.Import', phase: 'L1', unitOfMeasure: { unit: 'A' } },
          ],
        },
      ],
    })
    assert.equal(up(station16, 'MeterValues', { connectorId: 1, meterValue })[0]!.action, 'MeterValues')
  })
  it('nothing of what only 2.1 measures', () => {
    const station: Translator = { ...station201, stationProtocol: 'ocpp2.1' }
    const [sample] = register(1.5)
    const sampledValue = [
      ...sample!.sampledValue,
      { value: 80, measurand: 'Display.PresentSOC' },
      { value: 11, measurand: 'Power.Import.Offered' },
      { value: 230, measurand: 'Voltage', location: 'Upstream' },
    ]
    const measured = { evseId: 1, meterValue: [{ timestamp: TIME, sampledValue }] }
    assert.deepEqual(up(station, 'MeterValues', measured)[0]!.payload.meterValue, [
      { timestamp: TIME, sampledValue: [{ value: '1500', unit: 'Wh' }] },
    ])
  })
  it('that a transaction ended, why and at which reading', () => {
    const stop = { transactionId: 17, meterStop: 9000, timestamp: TIME, reason: 'EVDisconnected', idTag: 'TAG-1' }
    const [call] = up(station16, 'StopTransaction', stop, { transaction: known })
    assert.deepEqual(call!.payload, {
      eventType: 'Ended',
      timestamp: TIME,
      triggerReason: 'EVDeparted',
      seqNo: 3,
      transactionInfo: { transactionId: UUID, stoppedReason: 'EVDisconnected' },
      idToken: { idToken: 'TAG-1', type: 'Central' },
      meterValue: [
        {
          timestamp: TIME,
          sampledValue: [
            {
              value: 9000,
              context: 'Transaction.End',
              measurand: 'Energy.Active.Import.Register',
              unitOfMeasure: { unit: 'Wh' },
            },
          ],
        },
      ],
    })
    const message = { action: 'StopTransaction', payload: stop, answer: {}, receivedAt: new Date(TIME) }
    assert.equal(station16.learn(message, known, call!, {})?.ended, true)
    assert.throws(() => up(station16, 'StopTransaction', stop), Untranslatable)
  })
  it('and hears whether the upstream takes a tag', () => {
    const message = {
      action: 'Authorize',
      payload: {},
      answer: { idTagInfo: { status: 'Accepted' } },
      receivedAt: new Date(),
    }
    const answer = station16.answerStation(message, {
      idTokenInfo: { status: 'NoCredit', groupIdToken: { idToken: 'FLEET', type: 'Central' } },
    })
    assert.deepEqual(answer, { idTagInfo: { status: 'Blocked', parentIdTag: 'FLEET' } })
  })
})

describe('a 2.0.1 upstream says to a 1.6 station', () => {
  it('start', async () =>
    assert.deepEqual(
      await down(station16, 'RequestStartTransaction', {
        idToken: { idToken: 'TAG-1', type: 'Central' },
        remoteStartId: 5,
        evseId: 2,
      }),
      { call: { action: 'RemoteStartTransaction', payload: { idTag: 'TAG-1', connectorId: 2 } } },
    ))
  it('nothing for a token that 1.6 has no room for', () =>
    assert.rejects(
      down(station16, 'RequestStartTransaction', {
        idToken: { idToken: 'T'.repeat(21), type: 'Central' },
        remoteStartId: 5,
      }),
      Untranslatable,
    ))
  it('stop, by the number that the station knows', async () => {
    assert.deepEqual(await down(station16, 'RequestStopTransaction', { transactionId: UUID }, known), {
      call: { action: 'RemoteStopTransaction', payload: { transactionId: 17 } },
    })
    assert.deepEqual(await down(station16, 'RequestStopTransaction', { transactionId: 'another' }, known), {
      answer: { status: 'Rejected' },
    })
  })
  it('reset', async () => {
    assert.deepEqual(await down(station16, 'Reset', { type: 'OnIdle' }), {
      call: { action: 'Reset', payload: { type: 'Soft' } },
    })
    assert.deepEqual(await down(station16, 'Reset', { type: 'Immediate', evseId: 1 }), {
      answer: { status: 'Rejected' },
    })
  })
  it('data', async () =>
    assert.deepEqual(await down(station16, 'DataTransfer', { vendorId: 'v', data: { a: 1 } }), {
      call: { action: 'DataTransfer', payload: { vendorId: 'v', data: '{"a":1}' } },
    }))
  it('nothing that is not passed on', () => assert.rejects(down(station16, 'ClearCache', {}), Untranslatable))
})

const event = (payload: Payload): Payload => ({
  eventType: 'Updated',
  timestamp: TIME,
  triggerReason: 'MeterValuePeriodic',
  seqNo: 1,
  transactionInfo: { transactionId: UUID },
  ...payload,
})
const register = (value: number) => [
  { timestamp: TIME, sampledValue: [{ value, unitOfMeasure: { unit: 'Wh', multiplier: 3 } }] },
]

describe('a 2.0.1 station says to a 1.6 upstream', () => {
  it('who it is, with names that fit', () => {
    const chargingStation = { vendorName: 'A vendor with a very long name', model: 'Model' }
    const [call] = up(station201, 'BootNotification', { reason: 'PowerUp', chargingStation })
    assert.deepEqual(call!.payload, { chargePointVendor: 'A vendor with a very', chargePointModel: 'Model' })
  })
  it('what its connectors do', () =>
    assert.deepEqual(
      up(station201, 'StatusNotification', {
        timestamp: TIME,
        connectorStatus: 'Faulted',
        evseId: 2,
        connectorId: 1,
      })[0]!.payload,
      { connectorId: 2, errorCode: 'OtherError', status: 'Faulted', timestamp: TIME },
    ))
  it('that a transaction began, when somebody is known', () => {
    const started = event({ eventType: 'Started', triggerReason: 'CablePluggedIn', evse: { id: 2 } })
    assert.deepEqual(up(station201, 'TransactionEvent', started), [])
    const authorized = { ...started, idToken: { idToken: 'TAG-1', type: 'ISO14443' }, meterValue: register(1) }
    const [call] = up(station201, 'TransactionEvent', authorized)
    assert.deepEqual(call, {
      action: 'StartTransaction',
      payload: { connectorId: 2, idTag: 'TAG-1', meterStart: 1000, timestamp: TIME },
    })
    const message = { action: 'TransactionEvent', payload: authorized, answer: {}, receivedAt: new Date() }
    assert.deepEqual(station201.learn(message, undefined, call!, { transactionId: 42 }), {
      ...known201,
      evseId: 2,
      sequence: 1,
    })
  })
  it('what it measures and how it goes', () => {
    const going = event({
      meterValue: register(1.5),
      transactionInfo: { transactionId: UUID, chargingState: 'SuspendedEV' },
    })
    assert.deepEqual(
      up(station201, 'TransactionEvent', going, { transaction: known201 }).map(({ payload }) => payload),
      [
        {
          connectorId: 1,
          transactionId: 42,
          meterValue: [{ timestamp: TIME, sampledValue: [{ value: '1500', unit: 'Wh' }] }],
        },
        { connectorId: 1, errorCode: 'NoError', status: 'SuspendedEV', timestamp: TIME },
      ],
    )
  })
  it('that a transaction ended, why and at which reading', () => {
    const ended = event({
      eventType: 'Ended',
      triggerReason: 'EVDeparted',
      meterValue: register(9),
      transactionInfo: { transactionId: UUID, stoppedReason: 'SOCLimitReached' },
    })
    const [call] = up(station201, 'TransactionEvent', ended, { transaction: known201 })
    assert.deepEqual(call!.payload, {
      transactionId: 42,
      meterStop: 9000,
      timestamp: TIME,
      reason: 'Other',
      transactionData: [{ timestamp: TIME, sampledValue: [{ value: '9000', unit: 'Wh' }] }],
    })
    assert.deepEqual(up(station201, 'TransactionEvent', ended, { transaction: { ...known201, ended: true } }), [])
  })
  it('and hears whether the upstream takes a token', () => {
    const message = {
      action: 'Authorize',
      payload: {},
      answer: { idTokenInfo: { status: 'Accepted' } },
      receivedAt: new Date(),
    }
    assert.deepEqual(station201.answerStation(message, { idTagInfo: { status: 'Expired', expiryDate: TIME } }), {
      idTokenInfo: { status: 'Expired', cacheExpiryDateTime: TIME },
    })
  })
})

describe('a 1.6 upstream says to a 2.0.1 station', () => {
  it('start', async () =>
    assert.deepEqual(await down(station201, 'RemoteStartTransaction', { idTag: 'TAG-1', connectorId: 2 }), {
      call: {
        action: 'RequestStartTransaction',
        payload: { idToken: { idToken: 'TAG-1', type: 'Central' }, remoteStartId: 7, evseId: 2 },
      },
    }))
  it('stop, by the id that the station knows', async () => {
    assert.deepEqual(await down(station201, 'RemoteStopTransaction', { transactionId: 42 }, known201), {
      call: { action: 'RequestStopTransaction', payload: { transactionId: UUID } },
    })
    assert.deepEqual(await down(station201, 'RemoteStopTransaction', { transactionId: 1 }, known201), {
      answer: { status: 'Rejected' },
    })
  })
  it('reset, and a reset that waits is accepted', async () => {
    assert.deepEqual(await down(station201, 'Reset', { type: 'Hard' }), {
      call: { action: 'Reset', payload: { type: 'Immediate' } },
    })
    const answer = station201.answerUpstream({ action: 'Reset', payload: {} }, { status: 'Scheduled' })
    assert.deepEqual(answer, { status: 'Accepted' })
  })
  it('data', async () => {
    assert.deepEqual(await down(station201, 'DataTransfer', { vendorId: 'v', data: 'text' }), {
      call: { action: 'DataTransfer', payload: { vendorId: 'v', data: 'text' } },
    })
    const answer = station201.answerUpstream(
      { action: 'DataTransfer', payload: {} },
      { status: 'Accepted', data: { a: 1 }, customData: { vendorId: 'v' } },
    )
    assert.deepEqual(answer, { status: 'Accepted', data: '{"a":1}' })
  })
})
