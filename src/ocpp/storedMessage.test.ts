import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blank } from './rpc/effects.ts'
import { toStored } from './storedMessage.ts'

const link = { tenantId: 't', identity: 'CP-1', connectionId: 'c', protocol: 'ocpp1.6' }

describe('what is kept of a frame', () => {
  it('is the payload as JSON, and the time in whole milliseconds', () => {
    const { payload, time } = toStored({ ...blank('IN', 'CALL', 'Heartbeat', 12.75), payload: { a: 1 } }, link, true)
    assert.deepEqual([String(payload), time], ['{"a":1}', 12])
  })

  it('hides what a station puts where a schema leaves room', () => {
    const kept = (type: 'CALL' | 'CALLRESULTERROR', method: string, payload: object) =>
      String(toStored({ ...blank('IN', type, method, 0), payload }, link, true).payload)
    for (const text of [
      kept('CALL', 'Heartbeat', { customData: { vendorId: 'V', basicAuthPassword: 'secret-1' } }),
      kept('CALL', 'StatusNotification', { info: 'ftp://user:secret-1@files.example/' }),
      kept('CALLRESULTERROR', 'MeterValues', { errorDetails: { basicAuthPassword: 'secret-1' } }),
    ])
      assert.doesNotMatch(text, /secret-1/)
  })

  it('says so when a payload has more levels than can be written', () => {
    const levels = 30_000
    const payload = JSON.parse(`{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`)
    const stored = toStored({ ...blank('IN', 'CALL', 'DataTransfer', 0), payload }, link, true)
    assert.equal(stored.payload, null)
    assert.match(stored.violation!, /nested too deeply/)
  })
})
