import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { after, describe, it } from 'node:test'
import type { SiteCharging } from '../../../src/ocpp/smartCharging/settings.ts'
import { SmartCharging } from '../../../src/ocpp/smartCharging/smartCharging.ts'
import * as siteCharging from '../../../src/store/siteCharging.ts'
import { createFleet } from '../../support/stationFleet.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const fleet = await createFleet(server, { 'RP-1': 'ocpp1.6', 'RP-2': 'ocpp2.0.1' })
const told = new EventEmitter()
/** Of two processes on one database, which one told the stations does not matter. */
const processes = [1, 2].map(
  () =>
    new SmartCharging({
      ...server.services,
      async callStation(call) {
        const outcome = await fleet.call(call)
        told.emit('limits')
        return outcome
      },
    }),
)
for (const process of processes) await process.start()
after(() => {
  for (const process of processes) process.stop()
})

const settings: SiteCharging = {
  enabled: true,
  limitKw: 30,
  marginPercent: 0,
  strategy: 'equal_share',
  priorities: {},
  timeZone: null,
  windows: [],
  prices: null,
  connectors: [],
}
const put = (changes: Partial<SiteCharging>) =>
  siteCharging.put(server.services.db, fleet.tenantId, fleet.siteId, { ...settings, ...changes })

/** Waits until the stations were told these limits, in kW. */
async function limitsAre(...expected: number[]): Promise<void> {
  const signal = AbortSignal.timeout(10_000)
  const shown = () => [...fleet.limits.values()].sort((a, b) => a - b)
  while (JSON.stringify(shown()) !== JSON.stringify(expected)) await once(told, 'limits', { signal })
}

describe('a site is planned anew', () => {
  let second: string

  it('when a session begins', async () => {
    await put({})
    await fleet.begin('RP-1')
    await limitsAre(22)
    second = await fleet.begin('RP-2')
    await limitsAre(15, 15)
  })
  it('when its limit changes', async () => {
    await put({ limitKw: 20 })
    await limitsAre(10, 10)
  })
  it('when a session ends', async () => {
    await fleet.finish(second)
    await limitsAre(20)
  })
  it('when a command limits a connector', async () => {
    const { db } = server.services
    const { device_id } = await db('ocpp.stations').first('device_id').where({ identity: 'RP-1' })
    await db('core.connectors').insert({ device_id, connector_id: 1 })
    await db('core.commands').insert({
      tenant_id: fleet.tenantId,
      device_id,
      connector_id: 1,
      command: 'set_power_limit',
      params: { connector_id: 1, power_limit: 7, duration: 2 },
      requested_by: 'test',
      expires_at: new Date(Date.now() + 60_000),
    })
    await limitsAre(7)
  })
  it('when the time of the command is over', () => limitsAre(20))
  it('when the price changes', async () => {
    await put({
      limitKw: 20,
      strategy: 'time_of_use',
      prices: { marketType: 5005, steps: [{ from: 100, limitPercent: 30 }] },
    })
    const { service_key } = server.credentials.flux
    const { status } = await server.call('POST', '/rest/v1/market_data', {
      token: service_key,
      headers: { apikey: service_key },
      body: { time: new Date(), type: 5005, value: 140 },
    })
    assert.equal(status, 201)
    await limitsAre(6)
  })
  it('by one process at a time', () => assert.ok(fleet.peakKw() <= 30))
})
