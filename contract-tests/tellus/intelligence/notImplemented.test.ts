import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const INTELLIGENCE = [
  ['GET', '/v1/intelligence/health-scores'],
  ['GET', '/v1/intelligence/anomalies'],
  ['GET', '/v1/intelligence/forecasts/energy'],
  ['GET', '/v1/intelligence/forecasts/utilization'],
  ['GET', '/v1/intelligence/daily-briefing'],
  ['GET', '/v1/intelligence/agents'],
  ['POST', '/v1/intelligence/ask'],
] as const
const LEGACY = [
  ['PUT', '/customer/query_station_info'],
  ['PUT', '/customer/notification_stationStatus'],
  ['PUT', '/cp/query_station_status'],
  ['POST', '/cp/start_charging'],
  ['POST', '/cp/stop_charging'],
  ['POST', '/cp/start_discharging'],
  ['POST', '/cp/stop_discharging'],
  ['POST', '/customer/notify_work_status'],
] as const
const BODIES = [undefined, {}, [], '{"broken', '<xml/>']

describe('the intelligence routes', () => {
  for (const [method, path] of INTELLIGENCE) {
    it(`501 with code 9002 for ${method} ${path} with an operator's bearer, whatever the body`, async () => {
      const token = await server.operator('demo', 'site:read')
      for (const body of method === 'POST' ? BODIES : [undefined]) {
        const { status, body: answer } = await server.call(method, path, { token, body })
        assert.deepEqual([status, answer.code, answer.data], [501, 9002, null])
      }
    })
    it(`401 for ${method} ${path} without one`, async () => {
      const { status, body } = await server.call(method, path)
      assert.deepEqual([status, body.code, body.data], [401, 2001, null])
    })
  }
})

describe('the legacy routes', () => {
  for (const [method, path] of LEGACY) {
    it(`501 with code 9002 for ${method} ${path} without any credential, whatever the body`, async () => {
      for (const body of BODIES) {
        const { status, body: answer } = await server.call(method, path, { body })
        assert.deepEqual([status, answer.code, answer.data], [501, 9002, null])
      }
      const xml = await server.call(method, path, { body: '<xml/>', headers: { 'content-type': 'application/xml' } })
      assert.equal(xml.status, 501)
    })
  }
})

describe('an unknown path', () => {
  it('404 with code 3001', async () => {
    for (const path of ['/v1/nowhere', '/v2/sites', '/v1/devices/x/y/z', '/cp', '/customer/', '/v1']) {
      const { status, body, headers } = await server.call('GET', path)
      assert.deepEqual([status, body.code, body.data], [404, 3001, null], path)
      assert.ok(headers.get('x-request-id'))
    }
  })
})
