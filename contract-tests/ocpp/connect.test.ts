import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { after, describe, it } from 'node:test'
import { hashSecret } from '../../src/auth/secrets.ts'
import * as stations from '../../src/store/ocppStations.ts'
import * as tenants from '../../src/store/tenants.ts'
import { eventually } from '../processes/workplace.ts'
import { closeStations, connectRaw, dial, type RawOptions, refusedHandshake } from '../support/rawStation.ts'
import { startTestServer } from '../support/testServer.ts'

const server = await startTestServer()
const { db } = server.services
const { identity: known, password } = server.credentials.ocpp
const acme = (await tenants.findBySlug(db, 'acme'))!
const other = (await tenants.findBySlug(db, 'borealis'))!
const refuse = (options: RawOptions) => refusedHandshake(server.url, options)
const connect = (options: RawOptions) => connectRaw(server.url, options)
const stateOf = (identity: string) => db('ocpp.connection_states').first().where({ identity })
const eventsOf = (identity: string) => db('ocpp.security_events').where({ identity }).orderBy('event_id')
after(closeStations)

/** A handshake as it should be but for one thing. @returns the status of the answer */
async function handshake(identity: string, { method = 'GET', ...change }: Record<string, string>): Promise<number> {
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol': 'ocpp1.6',
    ...change,
  }
  const request = http.request(`${server.url}/ocpp/${identity}`, { method, headers, auth: `${identity}:${password}` })
  const [response] = await once(request.end(), 'response')
  response.resume()
  return response.statusCode
}

describe('the handshake', () => {
  it('echoes the newest common version, and exactly one', async () => {
    for (const [offered, chosen] of [
      [['ocpp1.6'], 'ocpp1.6'],
      [['ocpp1.6', 'ocpp2.0.1'], 'ocpp2.0.1'],
      [['ocpp2.1', 'ocpp2.0.1', 'ocpp1.6'], 'ocpp2.1'],
      [['ocpp1.5', 'ocpp1.6'], 'ocpp1.6'],
    ] as const) {
      const station = await connect({ identity: known, password, protocols: [...offered] })
      assert.equal(station.protocol, chosen)
      await station.close()
    }
  })

  it('400 when no version is offered, or none is common', async () => {
    for (const protocols of [[], ['ocpp1.5'], ['graphql-ws']]) {
      const { status, body } = await refuse({ identity: known, password, protocols })
      assert.equal(status, 400)
      assert.match(JSON.parse(body).error, /Sec-WebSocket-Protocol/)
    }
    await eventually('the event', 5000, async () => {
      const events = await eventsOf(known)
      return events.some(({ category }) => category === 'HANDSHAKE_REFUSED')
    })
  })

  it('404 when there is no identity in the path, or one that cannot be', async () => {
    assert.equal((await server.call('GET', '/ocpp/x')).status, 404)
    for (const identity of ['', 'a\0', 'x'.repeat(256)])
      assert.equal((await refuse({ identity, password })).status, 404, identity)
    await eventually('the event', 5000, async () =>
      (await eventsOf('UNKNOWN')).some(({ category }) => category === 'HANDSHAKE_REFUSED'),
    )
  })

  it('400 when the identity is not one that 2.1 allows and nothing else is offered', async () => {
    const { status } = await refuse({ identity: 'a:b', password, protocols: ['ocpp2.1'] })
    assert.equal(status, 400)
  })

  it('takes identities of any characters, percent-encoded', async () => {
    const identity = 'RDAM|ü/ 1:2'
    const station = await connect({ identity, password })
    assert.equal((await stateOf(identity)).protocol, 'ocpp1.6')
    await station.close()
  })
})

describe('a password', () => {
  it('401 with a challenge when it is missing, wrong, or of another user; each is one event', async () => {
    const identity = 'AUTH-1'
    await stations.create(db, { identity, tenantId: other, passwordHash: hashSecret('secret') })
    const wrong: RawOptions[] = [
      { identity },
      { identity, password: 'guess' },
      { identity, password: 'secret', user: 'AUTH-2' },
      { identity, password },
    ]
    for (const options of wrong) {
      const { status, headers, body } = await refuse(options)
      assert.equal(status, 401)
      assert.match(String(headers['www-authenticate']), /^Basic realm=/)
      assert.deepEqual(JSON.parse(body), { error: 'the identity or its password is wrong' })
    }
    const events = await eventsOf(identity)
    assert.deepEqual(
      events.map(({ category, severity, details, tenant_id }) => [category, severity, details.attempt, tenant_id]),
      [
        ['AUTH_FAILED', 'low', 1, other],
        ['AUTH_FAILED', 'low', 2, other],
        ['AUTH_FAILED', 'medium', 3, other],
        ['AUTH_FAILED', 'medium', 4, other],
      ],
    )
    assert.equal(events[0].details.ip, '127.0.0.1')
    await (await connect({ identity, password: 'secret' })).close()
  })

  it('is compared as bytes', async () => {
    const identity = 'BYTES-1'
    const key = Uint8Array.from([0xff, 0xfe, 0x00, 0x3a, 0x80, 0xc3, 0x28, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    const likeIt = Uint8Array.from(key, (byte, index) => (index === 0 ? 0xfd : byte))
    await stations.create(db, { identity, tenantId: acme, passwordHash: hashSecret(key) })
    assert.equal((await refuse({ identity, password: likeIt })).status, 401)
    await (await connect({ identity, password: key })).close()
  })

  it('of open enrollment lets an unknown station join the tenant, and not one that has its own', async () => {
    const identity = 'NEW-1'
    assert.equal((await refuse({ identity, password: 'guess' })).status, 401)
    assert.equal(await stations.find(db, identity), undefined)
    await (await connect({ identity, password })).close()
    assert.equal((await stations.find(db, identity))?.tenantId, acme)
    await (await connect({ identity, password })).close()
    await stations.create(db, { identity: 'OWN-1', tenantId: acme, passwordHash: hashSecret('its own') })
    assert.equal((await refuse({ identity: 'OWN-1', password })).status, 401)
    const event = await db('ocpp.system_events').first().where({ identity, type: 'STATION_ENROLLED' })
    assert.equal(event.tenant_id, acme)
  })

  it('of open enrollment does not let in a station of another tenant', async () => {
    await stations.create(db, { identity: 'FOREIGN-1', tenantId: other })
    assert.equal((await refuse({ identity: 'FOREIGN-1', password })).status, 401)
  })
})

describe('a connection', () => {
  it('is shown while it lasts, and its end with its code', async () => {
    const identity = 'SHOWN-1'
    const station = await connect({ identity, password })
    const state = await stateOf(identity)
    assert.equal(state.disconnected_at, null)
    assert.equal(state.remote_address, '127.0.0.1')
    const row = await db('ocpp.connections').first().where({ connection_id: state.connection_id })
    assert.equal(row.security_profile, 1)
    assert.equal(row.process_id, server.services.processId)
    assert.equal(server.services.stations.protocolOf(identity), 'ocpp1.6')
    station.socket.close(1000, 'good night')
    const ended = await eventually('the end', 5000, () =>
      db('ocpp.connections').first().where({ connection_id: state.connection_id }).whereNotNull('disconnected_at'),
    )
    assert.deepEqual([ended.close_code, ended.close_reason], [1000, 'good night'])
    assert.notEqual((await stateOf(identity)).disconnected_at, null)
    assert.equal(server.services.stations.protocolOf(identity), undefined)
  })

  it('is replaced by a second one with a close frame, whose end does not show the station offline', async () => {
    const identity = 'TWICE-1'
    const first = await connect({ identity, password })
    const second = await connect({ identity, password, protocols: ['ocpp2.0.1'] })
    assert.deepEqual(await first.closed, { code: 4001, reason: 'replaced by a newer connection' })
    await eventually('the first to be closed', 5000, () =>
      db('ocpp.connections').first().where({ identity, close_code: 4001 }).whereNotNull('disconnected_at'),
    )
    const state = await stateOf(identity)
    assert.deepEqual([state.disconnected_at, state.protocol], [null, 'ocpp2.0.1'])
    assert.equal(server.services.stations.protocolOf(identity), 'ocpp2.0.1')
    assert.equal((await second.call('BootNotification', BOOT))[0], 3)
    assert.deepEqual(await eventsOf(identity), [])
  })

  it('is left alone by a handshake that is none, from whoever knows the password', async () => {
    const identity = 'ALONE-1'
    const station = await connect({ identity, password })
    const before = await stateOf(identity)
    for (const change of [
      { 'Sec-WebSocket-Key': '' },
      { 'Sec-WebSocket-Key': 'x' },
      { 'Sec-WebSocket-Version': '14' },
      { 'Sec-WebSocket-Protocol': 'ocpp1.6,' },
      { method: 'POST' },
    ] as Record<string, string>[])
      assert.equal(await handshake(identity, change), 400, JSON.stringify(change))
    assert.deepEqual(await stateOf(identity), before)
    assert.equal((await db('ocpp.connections').where({ identity })).length, 1)
    await station.close()
  })

  it('is ended by the server with a close frame', async () => {
    const identity = 'ENDED-1'
    const station = await connect({ identity, password })
    assert.equal(server.services.stations.disconnect(identity, 'the operator wishes so'), true)
    assert.deepEqual(await station.closed, { code: 1000, reason: 'the operator wishes so' })
    assert.equal(server.services.stations.disconnect('nobody', ''), false)
  })

  it('ends when its station is given away', async () => {
    const identity = 'MOVED-1'
    const station = await connect({ identity, password })
    await db('ocpp.stations').where({ identity }).update({ tenant_id: other })
    assert.equal((await station.closed).code, 1008)
    await eventually('the end', 5000, () =>
      db('ocpp.connections').first().where({ identity }).whereNotNull('disconnected_at'),
    )
  })

  it('raises the peak of its tenant', async () => {
    const [{ connections: before }] = await db('ocpp.peaks').where({ tenant_id: acme })
    const open = (await db('ocpp.connections').where({ tenant_id: acme }).whereNull('disconnected_at')).length
    const many = Array.from({ length: before - open + 3 }, (_, index) =>
      connect({ identity: `PEAK-${index}`, password }),
    )
    await Promise.all(many)
    const [{ connections: peak }] = await db('ocpp.peaks').where({ tenant_id: acme })
    assert.equal(peak, before + 3)
  })
})

describe('200 stations in one second', () => {
  it('are all let in', async () => {
    const sockets = Array.from({ length: 200 }, (_, index) => dial(server.url, { identity: `MANY-${index}`, password }))
    await Promise.all(
      sockets.map(socket => new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))),
    )
    const states = await db('ocpp.connection_states').whereLike('identity', 'MANY-%').whereNull('disconnected_at')
    assert.equal(states.length, 200)
  })
})

const BOOT = { reason: 'PowerUp', chargingStation: { vendorName: 'V', model: 'M' } }
