import { makeStation, type TestStation } from './stationCalls.ts'
import type { TestCharger, TestServer } from './testServer.ts'

export interface SharedStation {
  station: TestStation
  charger: TestCharger
  siteId: string
}

/** A station that is linked to a charger of the demo tenant, on a site of its own. */
export async function makeSharedStation(
  server: TestServer,
  {
    protocol = 'ocpp1.6',
    consents = true,
  }: { protocol?: 'ocpp1.6' | 'ocpp2.0.1' | 'ocpp2.1'; consents?: boolean } = {},
): Promise<SharedStation> {
  const { db } = server.services
  const charger = await server.charger()
  const station = await makeStation(server.services, { protocol, deviceId: charger.deviceId })
  const siteId = `site-${station.identity}`
  await db('core.sites').insert({
    site_id: siteId,
    tenant_id: station.tenantId,
    name: 'Test',
    address: '1 Test Street',
    postcode: 'CV1 2GT',
    latitude_deg: 52.4,
    longitude_deg: -1.5,
    power_capacity_kw: 100,
    ocpp_consent: consents,
  })
  await db('core.devices').where({ device_id: charger.deviceId }).update({ site_id: siteId })
  return { station, charger, siteId }
}

/** A time of today as stations write it, in minutes from now. */
export const minutes = (fromNow: number): string =>
  new Date(Math.floor(Date.now() / 1000) * 1000 + fromNow * 60_000).toISOString()
