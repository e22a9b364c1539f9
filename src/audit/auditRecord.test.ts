import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { detailsOf, deviceOf } from './auditRecord.ts'

const ID = '3f0f8a52-6f0c-4a7b-8f6a-5b7b5f4b9c01'
const OTHER = '9a2d4c1e-51b7-4d2e-9d0f-2f6f1f1f7a02'
const asked = (body?: unknown, template = '/v1/sites', params = {}) => ({ template, params, body })

describe('what the audit log keeps', () => {
  it('is the request without its secrets, and the ids of the answer without anything else of it', () => {
    const answer = { code: 0, data: { service_account_id: ID, service_account_secret: 'x', name: 'y', site_id: null } }
    assert.deepEqual(detailsOf(asked({ name: 'y', nested: [{ device_secret: 'x', access_token: 'x' }] }), answer), {
      request: { name: 'y', nested: [{ device_secret: '[redacted]', access_token: '[redacted]' }] },
      service_account_id: ID,
    })
    assert.deepEqual(detailsOf(asked(), { data: null }), {})
    assert.deepEqual(detailsOf(asked(), undefined), {})
  })
  it('of a long request is its length', () => {
    assert.deepEqual(detailsOf(asked({ name: 'x'.repeat(5000) }), undefined), { request: '[5011 characters]' })
  })
  it('names the charger of the path, else of the body, else of the answer', () => {
    const answer = { data: { device_id: OTHER } }
    assert.equal(deviceOf(asked({ device_id: OTHER }, '/v1/devices/{id}/x', { id: ID }), answer), ID)
    assert.equal(deviceOf(asked(undefined, '/v1/operator/devices/{device_id}/x', { device_id: ID }), answer), ID)
    assert.equal(deviceOf(asked({ device_id: ID }), answer), ID)
    assert.equal(deviceOf(asked({ device_id: 5 }), answer), null)
    assert.equal(deviceOf(asked(), answer), OTHER)
    assert.equal(deviceOf(asked(undefined, '/v1/devices/{id}', { id: 'nonsense' }), answer), null)
    assert.equal(deviceOf(asked(undefined, '/v1/sites/{id}', { id: ID }), { data: [] }), null)
  })
})
