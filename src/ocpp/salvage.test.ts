import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { salvage } from './salvage.ts'

const TIME = '2026-05-10T14:00:00Z'

describe('what can be used of a payload', () => {
  it('is all of one that is as it should be, also where a word or a length is not', () => {
    const start = { connectorId: 1, idTag: 'A-TAG-OF-MORE-THAN-20-CHARACTERS', meterStart: 3e9, timestamp: TIME }
    assert.deepEqual(salvage('ocpp1.6', 'StartTransaction', start), start)
    const status = { connectorId: 1, errorCode: 'Sunburn', status: 'Dreaming' }
    assert.deepEqual(salvage('ocpp1.6', 'StatusNotification', status), status)
    const transfer = { vendorId: 'V', data: { any: [null] }, customData: { vendorId: 'V', more: { than: [1] } } }
    assert.deepEqual(salvage('ocpp2.0.1', 'DataTransfer', transfer), transfer)
  })

  it('has the types of its schema', () => {
    const told = { connectorId: '2', idTag: 4711, meterStart: 10.6, timestamp: TIME, more: 1 }
    const usable = { connectorId: 2, idTag: '4711', meterStart: 11, timestamp: TIME }
    assert.deepEqual(salvage('ocpp1.6', 'StartTransaction', told), usable)
  })

  it('lacks what cannot be read, with all that is nothing without it', () => {
    const value = { value: '1', measurand: ['Voltage'], context: null }
    const meterValue = [{ timestamp: TIME, sampledValue: [value, { measurand: 'SoC' }, 7] }, { sampledValue: [] }, null]
    assert.deepEqual(salvage('ocpp2.0.1', 'MeterValues', { evseId: 1, meterValue }), {
      evseId: 1,
      meterValue: [{ timestamp: TIME, sampledValue: [{ value: 1 }] }],
    })
    assert.equal(salvage('ocpp2.0.1', 'MeterValues', { evseId: 1, meterValue: [] }), undefined)
    assert.equal(salvage('ocpp2.0.1', 'MeterValues', { evseId: 2 ** 31, meterValue }), undefined)
  })

  it('has one element where a list belongs', () => {
    const meterValue = { timestamp: TIME, sampledValue: { value: '1' } }
    assert.deepEqual(salvage('ocpp1.6', 'MeterValues', { connectorId: 1, meterValue }), {
      connectorId: 1,
      meterValue: [{ timestamp: TIME, sampledValue: [{ value: '1' }] }],
    })
  })

  it('has no time where none can be read, and is called unknown where a station does not say what it is', () => {
    const start = { connectorId: 1, idTag: 'T', meterStart: 0 }
    assert.deepEqual(salvage('ocpp1.6', 'StartTransaction', start), { ...start, timestamp: '' })
    assert.deepEqual(salvage('ocpp2.1', 'BootNotification', { chargingStation: 'EVlink' }), {
      reason: 'Unknown',
      chargingStation: { vendorName: 'Unknown', model: 'Unknown' },
    })
  })

  it('is the end of a session also without its meter', () => {
    const stop = { transactionId: 17, timestamp: TIME }
    assert.deepEqual(salvage('ocpp1.6', 'StopTransaction', { ...stop, meterStop: 'much' }), stop)
    assert.equal(salvage('ocpp1.6', 'StopTransaction', { meterStop: 1, timestamp: TIME }), undefined)
  })

  it('cannot be longer than an index takes where it is looked up by', () => {
    const event = { eventType: 'Started', timestamp: TIME, triggerReason: 'CablePluggedIn', seqNo: 0 }
    const told = { ...event, transactionInfo: { transactionId: 'x'.repeat(5000) } }
    const usable = { ...event, transactionInfo: { transactionId: 'x'.repeat(255) } }
    assert.deepEqual(salvage('ocpp2.0.1', 'TransactionEvent', told), usable)
  })
})
