import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { linkDevice } from '../../../src/store/stationDevices.ts'
import { makeSharedStation } from '../../support/sharedStation.ts'
import { makeStation } from '../../support/stationCalls.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const { db } = server.services
const token = await server.operator()
const other = await server.operator('other')
const get = async (path: string, as = token) => (await server.call('GET', path, { token: as })).body.data
const identityOf = async (deviceId: string) => (await get(`/v1/devices/${deviceId}`)).ocpp_identity
const listed = async (identity: string, as = token) =>
  (await get(`/v1/devices?ocpp_identity=${encodeURIComponent(identity)}`, as)).items.map(
    ({ device_id }: { device_id: string }) => device_id,
  )

describe('the OCPP identity of a device', () => {
  it('shows as long as a station is linked to it', async () => {
    const { deviceId } = await server.charger()
    assert.equal(await identityOf(deviceId), undefined)
    const { charger, siteId, station } = await makeSharedStation(server)
    assert.equal(await identityOf(charger.deviceId), station.identity)
    await linkDevice(db, station.tenantId, station.identity, null)
    assert.equal(await identityOf(charger.deviceId), undefined)
    await db('core.devices').where({ device_id: deviceId }).update({ site_id: siteId })
    await linkDevice(db, station.tenantId, station.identity, deviceId)
    assert.equal(await identityOf(deviceId), station.identity)
  })

  it('shows while the site consents, before the station has said anything', async () => {
    const { charger, siteId, station } = await makeSharedStation(server, { consents: false })
    assert.deepEqual([await identityOf(charger.deviceId), await listed(station.identity)], [undefined, []])
    await db('core.sites').where({ site_id: siteId }).update({ ocpp_consent: true })
    assert.deepEqual(
      [await identityOf(charger.deviceId), await listed(station.identity)],
      [station.identity, [charger.deviceId]],
    )
  })

  it('shows without a site for a station that enrolled itself', async () => {
    const { deviceId } = await server.charger()
    const { identity } = await makeStation(server.services, { deviceId })
    assert.equal(await identityOf(deviceId), undefined)
    await db('ocpp.stations').where({ identity }).update({ enrolled: true })
    assert.equal(await identityOf(deviceId), identity)
  })

  it('finds its device in the list, for its own tenant alone', async () => {
    const { charger, station } = await makeSharedStation(server)
    assert.deepEqual(await listed(station.identity), [charger.deviceId])
    assert.deepEqual(await listed(station.identity, other), [])
    assert.deepEqual(await listed('nobody'), [])
    const { items } = await get(`/v1/devices?ocpp_identity=${station.identity}&status=offline`)
    assert.equal(items[0].ocpp_identity, station.identity)
  })
})
