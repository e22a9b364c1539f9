import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { closeStations, connectRaw, refusedHandshake } from '../support/rawStation.ts'
import { startTestServer } from '../support/testServer.ts'
import { openBoard } from './board.ts'

/** Stations by their identity: who may connect, where they stand, and which device shows what they do. */

const server = await startTestServer()
const { get, send, tenantId } = await openBoard(server)
const { db } = server.services
const put = (identity: string, body: object, who: 'demo' | 'other' = 'demo') =>
  send('PUT', `/stations/${encodeURIComponent(identity)}`, who, body)
const { site_id: siteId } = await db('core.sites').first('site_id').where({ tenant_id: tenantId })
const { site_id: foreignSite } = await db('core.sites').first('site_id').whereNot({ tenant_id: tenantId })
const { deviceId } = await server.charger()
const newIdentity = () => `PUT-${randomUUID()}`
after(closeStations)

describe('PUT /stations/{identity}', () => {
  it('201 with a password that is shown once, and that the station connects with', async () => {
    const identity = newIdentity()
    const made = await put(identity, { siteId, validation: 'tolerant' })
    assert.equal(made.status, 201)
    assert.equal(made.headers.get('cache-control'), 'no-store')
    const { password, createdAt, updatedAt, ...station } = made.body
    assert.match(password, /^[\w-]{20}$/)
    assert.deepEqual(station, {
      identity,
      siteId,
      deviceId: null,
      validation: 'tolerant',
      hasPassword: true,
      registration: null,
      vendor: null,
      model: null,
      serialNumber: null,
      firmwareVersion: null,
      bootedAt: null,
      status: 'offline',
      protocol: null,
    })
    const open = await connectRaw(server.url, { identity, password, protocols: ['ocpp2.0.1'] })
    const shown = (await get(`/stations/${identity}`)).body
    assert.deepEqual([shown.status, shown.protocol, shown.password], ['online', 'ocpp2.0.1', undefined])
    await open.close()
  })

  it('200 keeps what is left out, and the password unless it is rotated', async () => {
    const identity = newIdentity()
    const { password } = (await put(identity, { siteId })).body
    const changed = await put(identity, { validation: 'off' })
    assert.deepEqual(
      [changed.status, changed.body.siteId, changed.body.validation, changed.body.password],
      [200, siteId, 'off', undefined],
    )
    await (await connectRaw(server.url, { identity, password })).close()
    const rotated = await put(identity, { rotate: true })
    assert.equal(rotated.status, 200)
    assert.notEqual(rotated.body.password, password)
    assert.equal((await refusedHandshake(server.url, { identity, password })).status, 401)
    await (await connectRaw(server.url, { identity, password: rotated.body.password })).close()
    assert.equal((await put(identity, { siteId: null })).body.siteId, null)
  })

  it('links a device, which one station has at most', async () => {
    const [first, second] = [newIdentity(), newIdentity()]
    assert.equal((await put(first, { siteId, deviceId })).body.deviceId, deviceId)
    const taken = await put(second, { deviceId })
    assert.deepEqual([taken.status, taken.body], [409, { error: 'another station is linked to this device' }])
    assert.equal((await get(`/stations/${second}`)).status, 404, 'nothing is made when it cannot be linked')
    assert.equal((await put(first, { deviceId: null })).body.deviceId, null)
    assert.equal((await put(second, { deviceId })).status, 201)
  })

  it('404 for a site or device that is not of the tenant', async () => {
    for (const body of [{ siteId: foreignSite }, { siteId: 'nowhere' }, { deviceId: randomUUID() }, { deviceId: 'x' }])
      assert.equal((await put(newIdentity(), body)).status, 404, JSON.stringify(body))
    assert.equal((await put(newIdentity(), { deviceId }, 'other')).status, 404)
  })

  it('409 for an identity of another tenant, which stays as it was', async () => {
    const identity = newIdentity()
    await put(identity, { siteId })
    const taken = await put(identity, { validation: 'off', rotate: true }, 'other')
    assert.deepEqual([taken.status, taken.body], [409, { error: 'the identity is taken' }])
    assert.equal((await get(`/stations/${identity}`)).body.validation, 'strict')
  })

  it('400 for an identity that no station can have, and for values that are none', async () => {
    for (const identity of ['a\u0007b', 'x'.repeat(256)]) assert.equal((await put(identity, {})).status, 400)
    for (const body of [{ validation: 'lax' }, { siteId: 7 }, { rotate: 'yes' }, []])
      assert.equal((await put(newIdentity(), body)).status, 400, JSON.stringify(body))
  })

  it('stands in the audit log of the tenant, without the password', async () => {
    const identity = newIdentity()
    const { password } = (await put(identity, { validation: 'off' })).body
    const row = await db('ops.audit_logs').first().where({ action: 'setStation' }).whereLike('path', `%${identity}`)
    assert.deepEqual([row.tenant_id, row.actor, row.status], [tenantId, 'board:admin', 201])
    assert.deepEqual(row.details, { request: { validation: 'off' } })
    assert.ok(!JSON.stringify(row).includes(password))
  })
})

describe('GET /stations', () => {
  it('lists those of the tenant by identity, with their number', async () => {
    const list = await get('/stations?limit=2&offset=1')
    const { rows } = await db.raw('select identity from ocpp.stations where tenant_id = ? order by identity', [
      tenantId,
    ])
    assert.equal(list.headers.get('x-total-count'), String(rows.length))
    assert.deepEqual(
      list.body.map(({ identity }: { identity: string }) => identity),
      rows.slice(1, 3).map(({ identity }: { identity: string }) => identity),
    )
    assert.deepEqual((await get('/stations', 'other')).body, [])
    assert.equal((await get('/stations?colour=red')).status, 400)
  })
})
