import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { after } from 'node:test'
import { hashSecret, newSecret } from '../../../src/auth/secrets.ts'
import * as idTags from '../../../src/store/idTags.ts'
import * as tenants from '../../../src/store/tenants.ts'
import { closeStations, dial } from '../../support/rawStation.ts'
import type { TestServer } from '../../support/testServer.ts'
import type { ErrorKind, Subject } from '../subject.ts'

const MESSAGES: Partial<Record<ErrorKind, RegExp>> = {
  unauthorized: /^Unauthorized$/,
  expired: /^Session expired$/,
  notFound: /^(Connection not found|Not found)$/,
}

/** board, called with a session as cookie or as bearer. It has tenants, and no scopes. */
export async function openSubject(server: TestServer): Promise<Subject> {
  const { board, other_tenant } = server.credentials
  const { db } = server.services
  const tenantId = await tenants.findBySlug(db, 'acme')
  after(closeStations)
  const shown = (scheme: string, sessionId: string): Record<string, string> =>
    scheme === 'sessionCookie' ? { cookie: `board-session=${sessionId}` } : { authorization: `Bearer ${sessionId}` }

  async function logIn(scheme: string, token: string) {
    const { body } = await server.call('POST', '/api/auth/login', { body: { token } })
    return shown(scheme, body.sessionId)
  }

  async function expired(scheme: string) {
    const sessionId = newSecret()
    await db('ocpp.board_sessions').insert({
      session_hash: hashSecret(sessionId),
      tenant_id: tenantId,
      user_name: 'admin',
      expires_at: db.raw(`now() - interval '1 second'`),
    })
    return shown(scheme, sessionId)
  }

  /** A station that is connected and accepts whatever it is asked, and a tag. */
  async function makeThings() {
    const identity = `CP-${randomUUID()}`
    const socket = dial(server.url, { identity, password: server.credentials.ocpp.password })
    socket.on('message', data => {
      const [, id] = JSON.parse(data.toString())
      socket.send(JSON.stringify([3, id, { status: 'Accepted' }]))
    })
    await once(socket, 'open')
    const siteId = randomUUID()
    await db('core.sites').insert({
      site_id: siteId,
      tenant_id: tenantId,
      name: 'Depot',
      address: '1 Dock Road',
      postcode: 'E16 1AA',
      latitude_deg: 51.5,
      longitude_deg: 0,
      power_capacity_kw: 100,
    })
    await db('ocpp.site_charging').insert({
      site_id: siteId,
      tenant_id: tenantId,
      limit_kw: 50,
      strategy: 'equal_share',
    })
    await db('ocpp.proxies').insert({
      identity,
      tenant_id: tenantId,
      upstream_url: 'wss://csms.example.com/ocpp',
      upstream_protocol: 'ocpp2.0.1',
    })
    const idTag = randomUUID()
    await idTags.put(db, tenantId!, { idTag, status: 'Accepted', expiresAt: null, parentIdTag: null })
    return { Identity: identity, IdTag: idTag, SiteId: siteId }
  }

  const strange = ['no-such-thing', '1', "'; drop table ocpp.messages; --", '%', '\u{1F50C}', 'a/b', '__proto__']
  return {
    schemes: ['sessionCookie', 'sessionBearer'],
    scopes: [],
    implied: () => new Set(),
    caller: scheme => logIn(scheme, board.token),
    stranger: scheme => logIn(scheme, other_tenant.board!.token),
    expired,
    clientWith: () => logIn('sessionBearer', board.token),
    tokenWith: () => logIn('sessionBearer', board.token),
    badCredential: 403,
    garbage: [
      { authorization: 'Bearer garbage' },
      { authorization: `Bearer ${newSecret()}` },
      { authorization: `Bearer ${board.token}` },
      { authorization: `Bearer ${'a'.repeat(8000)}` },
      { cookie: 'board-session=garbage' },
      { cookie: `board-session=${newSecret()}; board-session=` },
    ],
    makeThings,
    unknownIds: { Identity: randomUUID(), IdTag: randomUUID(), SiteId: randomUUID() },
    malformedIds: [
      ...strange.map(id => ({ component: 'Identity', id, status: 404 })),
      { component: 'Identity', id: 'x'.repeat(256), status: 400 },
      ...strange.slice(0, 2).map(id => ({ component: 'IdTag', id, status: 404 })),
      { component: 'IdTag', id: 'x'.repeat(37), status: 400 },
      ...strange.map(id => ({ component: 'SiteId', id, status: 404 })),
      { component: 'SiteId', id: 'x'.repeat(65), status: 400 },
    ],
    checkError({ body }, kind) {
      assert.deepEqual(Object.keys(body), ['error'])
      assert.match(body.error, MESSAGES[kind] ?? /./)
    },
  }
}
