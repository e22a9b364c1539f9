import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { eventually } from '../../processes/workplace.ts'
import { closeStations, connectRaw } from '../../support/rawStation.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer({ OCPP_RECORD_DELAY_SECONDS: '0' })
const { db } = server.services
const { password } = server.credentials.ocpp
const operator = await server.operator()
after(closeStations)

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const YEAR = 365 * 24 * HOUR

/** What clocks of stations are wrong by, in milliseconds. */
const CLOCKS: Record<string, number> = {
  'was never set and begins in 1970': -Date.now(),
  'is a year behind': -YEAR,
  'is an hour behind': -HOUR,
  'is three minutes ahead': 3 * MINUTE,
  'is an hour ahead': HOUR,
  'is a year ahead': YEAR,
  'is in the year 9000': Date.UTC(9000, 0) - Date.now(),
}

describe('a station of OCPP 1.6 whose clock', { concurrency: true }, () => {
  for (const [index, [what, skew]] of Object.entries(CLOCKS).entries())
    it(`${what} has its session and its record, and is seen alive`, async () => {
      const identity = `SKEW-${index}`
      const station = await connectRaw(server.url, { identity, password })
      const at = (minutes: number) => new Date(Date.now() + skew + minutes * MINUTE).toISOString()
      const answer = async (action: string, payload: object) => {
        const [type, , result] = await station.call(action, payload)
        assert.equal(type, 3, `${action}: ${JSON.stringify(result)}`)
        return result as { transactionId: number; currentTime: string }
      }
      const { currentTime } = await answer('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' })
      assert.ok(Math.abs(Date.parse(currentTime) - Date.now()) < 5000, 'it is told the right time')
      await answer('StatusNotification', {
        connectorId: 1,
        errorCode: 'NoError',
        status: 'Preparing',
        timestamp: at(0),
      })
      const start = { connectorId: 1, idTag: 'TAG', meterStart: 1000, timestamp: at(0) }
      const { transactionId } = await answer('StartTransaction', start)
      const sampledValue = [{ value: '3000', measurand: 'Energy.Active.Import.Register', unit: 'Wh' }]
      await answer('MeterValues', { connectorId: 1, transactionId, meterValue: [{ timestamp: at(1), sampledValue }] })
      await answer('StopTransaction', { transactionId, meterStop: 6000, timestamp: at(2) })
      const transaction = await db('ocpp.transactions').first().where({ identity })
      assert.ok(transaction.ended_at !== null)
      const { device_id: deviceId } = transaction
      await eventually('the device online', 20_000, async () => {
        const { body } = await server.call('GET', `/v1/devices/${deviceId}`, { token: operator })
        return body.data.status === 'online'
      })
      const records = await eventually('the record', 20_000, async () => {
        const path = `/v1/charging-records?device_id=${deviceId}`
        const answer = await server.call('GET', path, { token: operator })
        return answer.body.data?.items?.length > 0 ? answer.body.data.items : undefined
      })
      assert.deepEqual([records[0].device_id, records[0].energy], [deviceId, 5])
      await station.close()
    })
})
