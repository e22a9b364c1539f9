import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startTestServer, type TestCharger } from '../../support/testServer.ts'

const server = await startTestServer()
const console = await server.operator()
const { db } = server.services

const report = ({ token }: TestCharger, body: unknown) =>
  server.call('POST', '/v1/device/firmware/status', { token, body })
const version = async ({ deviceId }: TestCharger) =>
  (await server.call('GET', `/v1/devices/${deviceId}`, { token: console })).body.data.firmware_version

describe('reportFirmwareStatus', () => {
  it('200 for each step; only success sets the version', async () => {
    const charger = await server.charger()
    const steps = [
      { status: 'downloading', progress: 45, message: 'Downloading...' },
      { status: 'upgrading', progress: 99.5 },
      { status: 'failed', message: 'checksum' },
    ]
    for (const step of steps) {
      const { status, body } = await report(charger, { firmware_version: '2.2.0', ...step })
      assert.deepEqual([status, body], [200, { code: 0, message: 'success', data: null }])
      assert.equal(await version(charger), '1.0.0')
    }
    assert.equal((await report(charger, { firmware_version: '2.2.0', status: 'success' })).status, 200)
    assert.equal(await version(charger), '2.2.0')
    const stored = await db('core.firmware_reports').where({ device_id: charger.deviceId }).orderBy('report_id')
    assert.deepEqual(
      stored.map(({ status, progress_percent, message }) => [status, progress_percent, message]),
      [
        ['downloading', 45, 'Downloading...'],
        ['upgrading', 99.5, null],
        ['failed', null, 'checksum'],
        ['success', null, null],
      ],
    )
  })
  it('400 for another status, without its fields and for more than all', async () => {
    const charger = await server.charger()
    const whole = { firmware_version: '2.2.0', status: 'downloading' }
    for (const status of ['installed', 'downloaded', 'SUCCESS', '']) {
      assert.equal((await report(charger, { ...whole, status })).status, 400, status)
    }
    for (const field of Object.keys(whole)) {
      const { status, body } = await report(charger, { ...whole, [field]: undefined })
      assert.deepEqual([status, body.code, body.details.field], [400, 1002, field])
    }
    for (const progress of [101, -1, '45']) assert.equal((await report(charger, { ...whole, progress })).status, 400)
    assert.equal(await version(charger), '1.0.0')
    assert.equal((await db('core.firmware_reports').where({ device_id: charger.deviceId })).length, 0)
  })
})
