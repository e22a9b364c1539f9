import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { hashSecret } from '../../src/auth/secrets.ts'
import * as stations from '../../src/store/ocppStations.ts'
import * as tenants from '../../src/store/tenants.ts'
import { eventually } from '../processes/workplace.ts'
import { closeStations, connectRaw, dial, refusedHandshake } from '../support/rawStation.ts'
import { openTestDatabase, startServerOn } from '../support/testServer.ts'

const database = await openTestDatabase()
const strict = await startServerOn(database, { RATE_LIMIT_SCALE: '1', TRUST_PROXY: '1', OCPP_ENROLLMENT: 'closed' })
const bare = await startServerOn(database, { OCPP_MIN_SECURITY_PROFILE: '0', OCPP_PING_SECONDS: '1' })
const tall = await startServerOn(database, { OCPP_MIN_SECURITY_PROFILE: '2', TRUST_PROXY: '1' })
const { db } = strict.services
const acme = (await tenants.findBySlug(db, 'acme'))!
const { password } = strict.credentials.ocpp
await stations.create(db, { identity: 'OWN-1', tenantId: acme, passwordHash: hashSecret('right') })
await stations.create(db, { identity: 'BARE-1', tenantId: acme })
after(async () => {
  closeStations()
  await Promise.all([strict.close(), bare.close(), tall.close()])
  await database.drop()
})

describe('closed enrollment', () => {
  it('401 for an unknown station, in the words that a known one hears', async () => {
    const from = { 'x-forwarded-for': '10.0.0.1' }
    const unknown = await refusedHandshake(strict.url, { identity: 'NOBODY', password, headers: from })
    const known = await refusedHandshake(strict.url, { identity: 'OWN-1', password, headers: from })
    assert.deepEqual([unknown.status, unknown.body], [401, known.body])
    assert.equal(await stations.find(db, 'NOBODY'), undefined)
    const event = await db('ocpp.security_events').first().where({ identity: 'NOBODY' })
    assert.deepEqual([event.category, event.tenant_id, event.details.ip], ['AUTH_FAILED', acme, '10.0.0.1'])
  })
})

describe('a flood of names', () => {
  it('is one event for all that an address makes up, and one for each station', async () => {
    const from = { 'x-forwarded-for': '10.0.0.8' }
    for (const identity of ['MADE-UP-1', 'MADE-UP-2', 'MADE-UP-3', 'OWN-1', 'BARE-1'])
      assert.equal(
        (await refusedHandshake(strict.url, { identity, protocols: ['ocpp1.5'], headers: from })).status,
        400,
      )
    const refused = () =>
      db('ocpp.security_events').where({ category: 'HANDSHAKE_REFUSED' }).whereRaw(`details->>'ip' = '10.0.0.8'`)
    // They are noted side by side, so nobody knows which of the names comes first, or whose event is the last.
    await eventually('an event of each', 5000, async () => (await refused()).length === 3)
    const names = (await refused()).map(({ identity }) => identity.replace(/^(MADE-UP)-\d$/, '$1')).sort()
    assert.deepEqual(names, ['BARE-1', 'MADE-UP', 'OWN-1'])
  })
})

describe('a flood of passwords', () => {
  it('429 with Retry-After from that address, with events that get worse; others get in', async () => {
    const from = { 'x-forwarded-for': '10.0.0.2' }
    const guess = () => refusedHandshake(strict.url, { identity: 'OWN-1', password: 'wrong', headers: from })
    const statuses = []
    for (let index = 0; index < 13; index++) statuses.push((await guess()).status)
    assert.deepEqual(statuses.slice(0, 10), Array(10).fill(401))
    assert.deepEqual(statuses.slice(10), [429, 429, 429])
    const right = await refusedHandshake(strict.url, { identity: 'OWN-1', password: 'right', headers: from })
    assert.equal(right.status, 429)
    assert.ok(Number(right.headers['retry-after']) >= 1)
    const events = await db('ocpp.security_events').where({ identity: 'OWN-1' }).orderBy('event_id')
    const failed = events.filter(({ category, details }) => category === 'AUTH_FAILED' && details.ip === '10.0.0.2')
    assert.deepEqual(
      failed.map(({ severity }) => severity),
      ['low', 'low', 'medium', 'medium', 'medium', 'high', 'high', 'high', 'high', 'high'],
    )
    assert.equal(events.filter(({ category }) => category === 'RATE_LIMIT').length, 1)
    const elsewhere = { 'x-forwarded-for': '10.0.0.3' }
    await (await connectRaw(strict.url, { identity: 'OWN-1', password: 'right', headers: elsewhere })).close()
  })

  it('does not slow many who come at once with the right one', async () => {
    const from = { 'x-forwarded-for': '10.0.0.4' }
    const sockets = Array.from({ length: 30 }, () =>
      dial(strict.url, { identity: 'OWN-1', password: 'right', headers: from }),
    )
    const answers = sockets.map(
      socket => new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject)),
    )
    await Promise.all(answers)
    for (const socket of sockets) socket.terminate()
  })
})

describe('security profiles', () => {
  it('0 lets in a known station without a password, and nobody else', async () => {
    const station = await connectRaw(bare.url, { identity: 'BARE-1' })
    const row = await db('ocpp.connections').first().where({ identity: 'BARE-1' }).whereNull('disconnected_at')
    assert.equal(row.security_profile, 0)
    await station.close()
    assert.equal((await refusedHandshake(bare.url, { identity: 'OWN-1' })).status, 401)
    assert.equal((await refusedHandshake(bare.url, { identity: 'BARE-2' })).status, 401)
    assert.equal((await refusedHandshake(strict.url, { identity: 'BARE-1' })).status, 403)
  })

  it('2 asks for TLS, which a trusted proxy may have ended', async () => {
    const claim = { identity: 'OWN-1', password: 'right' }
    assert.equal((await refusedHandshake(tall.url, claim)).status, 403)
    const station = await connectRaw(tall.url, { ...claim, headers: { 'x-forwarded-proto': 'https' } })
    const row = await db('ocpp.connections').first().where({ identity: 'OWN-1' }).whereNull('disconnected_at')
    assert.equal(row.security_profile, 2)
    await station.close()
  })
})

describe('a connection that is half open', () => {
  it('is found by a ping that nobody answers, while one that answers stays', async () => {
    const silent = await connectRaw(bare.url, { identity: 'SILENT-1', password, autoPong: false })
    const lively = await connectRaw(bare.url, { identity: 'LIVELY-1', password })
    const ended = await eventually('the end', 5000, () =>
      db('ocpp.connections').first().where({ identity: 'SILENT-1' }).whereNotNull('disconnected_at'),
    )
    assert.deepEqual([ended.close_code, ended.close_reason], [1006, 'no answer to a ping'])
    await silent.closed
    assert.equal((await lively.call('Heartbeat'))[0], 3)
    await lively.close()
  })
})

describe('two processes', () => {
  it('a station that comes back to another one is taken from the first, and shown once', async () => {
    const identity = 'WANDER-1'
    const first = await connectRaw(strict.url, {
      identity: 'OWN-1',
      password: 'right',
      headers: { 'x-forwarded-for': '10.9.9.9' },
    })
    const second = await connectRaw(tall.url, {
      identity: 'OWN-1',
      password: 'right',
      headers: { 'x-forwarded-proto': 'https', 'x-forwarded-for': '10.8.8.8' },
    })
    assert.equal((await first.closed).code, 4001)
    await eventually('the first row to end', 5000, () =>
      db('ocpp.connections').first().where({ identity: 'OWN-1', close_code: 4001 }).whereNotNull('disconnected_at'),
    )
    const state = await db('ocpp.connection_states').first().where({ identity: 'OWN-1' })
    assert.deepEqual([state.disconnected_at, state.remote_address], [null, '10.8.8.8'])
    assert.equal(strict.services.stations.protocolOf('OWN-1'), undefined)
    assert.equal(tall.services.stations.protocolOf('OWN-1'), 'ocpp1.6')
    const event = await eventually('the event', 5000, () =>
      db('ocpp.security_events').first().where({ identity: 'OWN-1', category: 'IDENTITY_HIJACK' }),
    )
    assert.deepEqual([event.severity, event.details], ['high', { ip: '10.8.8.8', before: '10.9.9.9' }])
    assert.equal((await second.call('Heartbeat'))[0], 3)
    await second.close()
    assert.equal(await stations.find(db, identity), undefined)
  })

  it('the rows of a process that is gone are ended by another', async () => {
    const gone = '11111111-1111-4111-8111-111111111111'
    await db('ocpp.processes').insert({ process_id: gone, started_at: new Date(0), seen_at: new Date(0) })
    const row = {
      connection_id: gone,
      tenant_id: acme,
      identity: 'LOST-1',
      remote_address: '10.0.0.9',
      protocol: 'ocpp1.6',
    }
    await db('ocpp.connections').insert({ ...row, process_id: gone, security_profile: 1, connected_at: new Date(0) })
    await db('ocpp.connection_states').insert({ ...row, connected_at: new Date(0) })
    await db('ocpp.totals').insert({ tenant_id: acme, process_id: gone, messages: 7 })
    const before = await counted()
    const fresh = await startServerOn(database)
    await fresh.close()
    const state = await db('ocpp.connection_states').first().where({ identity: 'LOST-1' })
    assert.ok(state.disconnected_at instanceof Date)
    assert.equal(await db('ocpp.processes').first().where({ process_id: gone }), undefined)
    assert.equal(await db('ocpp.totals').first().where({ process_id: gone }), undefined)
    assert.equal(await counted(), before + 7, 'what it has counted stays counted')
    assert.equal(await db('ocpp.processes').first().where({ process_id: fresh.services.processId }), undefined)
  })

  const NOBODY = '00000000-0000-0000-0000-000000000000'
  const counted = async () =>
    Number((await db('ocpp.totals').sum({ sum: 'messages' }).where({ tenant_id: acme, process_id: NOBODY }))[0]!.sum)
})

describe('a server that stops', () => {
  it('answers what has come, says goodbye and leaves nobody online', async () => {
    const server = await startServerOn(database)
    const station = await connectRaw(server.url, { identity: 'LEAVING-1', password })
    station.send([2, 'last', 'Heartbeat', {}])
    const answer = station.next()
    await eventually('the call', 5000, () => server.services.messageLog.depth > 0)
    await server.close()
    assert.equal((await answer)[1], 'last')
    assert.deepEqual(await station.closed, { code: 1001, reason: 'the server is going away' })
    const state = await db('ocpp.connection_states').first().where({ identity: 'LEAVING-1' })
    assert.ok(state.disconnected_at instanceof Date)
    assert.equal(Number(state.message_count), 2)
  })
})
