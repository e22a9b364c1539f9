import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { hash } from '@node-rs/argon2'
import { hashSecret } from '../../src/auth/secrets.ts'
import { readConfig } from '../../src/config.ts'
import { board } from '../../src/contracts/board/contract.ts'
import { StartError } from '../../src/errors.ts'
import { openTestDatabase, startServerOn, startTestServer, type TestServer } from '../support/testServer.ts'

/** Logging in and out: by token, as bearer and as cookie, and what is said to those who are not logged in. */

const server = await startTestServer()
const database = await openTestDatabase()
const withPassword = await startServerOn(database, {
  BOARD_USER: 'ada',
  BOARD_PASSWORD_HASH: await hash('correct horse', { memoryCost: 8192, timeCost: 1 }),
  TRUST_PROXY: '1',
  RATE_LIMIT_SCALE: '1',
})
const { token } = server.credentials.board
after(async () => {
  await withPassword.close()
  await database.drop()
})

const logIn = (on: TestServer = server, body: unknown = { token }, headers: Record<string, string> = {}) =>
  on.call('POST', '/api/auth/login', { body, headers })
const overview = (headers: Record<string, string>, on = server) => on.call('GET', '/api/overview', { headers })
const bearer = (sessionId: string) => ({ authorization: `Bearer ${sessionId}` })
const cookie = (sessionId: string) => ({ cookie: `theme=dark; board-session=${sessionId}` })

describe('a login with the token of the board', () => {
  it('200 with the session in the body and in a cookie that scripts cannot read', async () => {
    const { status, body, headers } = await logIn()
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body), ['sessionId', 'user', 'expiresAt'])
    assert.deepEqual(body.user, { name: 'admin' })
    const hours = (Date.parse(body.expiresAt) - Date.now()) / 3_600_000
    assert.ok(hours > 23.9 && hours <= 24.001, String(hours))
    const expected = `board-session=${body.sessionId}; Max-Age=86400; Path=/api; HttpOnly; SameSite=Lax`
    assert.equal(headers.get('set-cookie'), expected)
    assert.equal(headers.get('cache-control'), 'no-store')
  })
  it('opens the board as bearer and as cookie, on every process', async () => {
    const { sessionId } = (await logIn(withPassword, { token: withPassword.credentials.board.token })).body
    const second = await startServerOn(database)
    for (const headers of [bearer(sessionId), cookie(sessionId)])
      for (const on of [withPassword, second]) assert.equal((await overview(headers, on)).status, 200)
    await second.close()
  })
  it('keeps nothing of the session but its hash', async () => {
    const { sessionId } = (await logIn()).body
    const { db } = server.services
    assert.ok(
      await db('ocpp.board_sessions')
        .first()
        .where({ session_hash: hashSecret(sessionId) }),
    )
    const [{ text }] = await db('ocpp.board_sessions').select(db.raw('json_agg(board_sessions)::text as text'))
    assert.ok(!text.includes(sessionId))
  })
  it('sets a cookie for HTTPS only, when it came over HTTPS', async () => {
    const own = { token: withPassword.credentials.board.token }
    const secure = await logIn(withPassword, own, { 'x-forwarded-proto': 'https' })
    assert.match(secure.headers.get('set-cookie')!, /; Secure$/)
    assert.doesNotMatch((await logIn(withPassword, own)).headers.get('set-cookie')!, /Secure/)
  })
  it('400 without anything that proves who it is, and for a body that is no JSON', async () => {
    const bodies = [{}, { username: 'ada' }, { password: 'x' }, 'null', '[', { token: '' }, { token: 7 }]
    for (const body of [...bodies, { token, username: 'ada', password: 'x' }]) {
      const answer = await logIn(server, body)
      assert.equal(answer.status, 400, JSON.stringify(body))
      assert.deepEqual(Object.keys(answer.body), ['error'])
    }
  })
})

describe('a login with a name and a password', () => {
  it('200 for the user of the configuration, who sees the enrollment tenant', async () => {
    const answer = await logIn(withPassword, { username: 'ada', password: 'correct horse' })
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.body.user, { name: 'ada' })
    assert.equal((await overview(bearer(answer.body.sessionId), withPassword)).status, 200)
  })
  it('401 for a wrong name, a wrong password, and where there is no such user', async () => {
    const from = { 'x-forwarded-for': '192.0.2.1' }
    for (const body of [
      { username: 'ada', password: 'battery staple' },
      { username: 'eve', password: 'correct horse' },
    ])
      assert.equal((await logIn(withPassword, body, from)).status, 401)
    assert.equal((await logIn(server, { username: 'ada', password: 'correct horse' })).status, 401)
  })
})

describe('wrong logins', () => {
  const guess = (ip: string) => logIn(withPassword, { token: randomUUID() }, { 'x-forwarded-for': ip })
  const eventsFrom = async (ip: string) =>
    withPassword.services
      .db('ocpp.security_events')
      .select('category', 'identity', 'message', 'severity', 'details')
      .whereRaw(`details->>'ip' = ?`, [ip])
      .orderBy('event_id')

  it('401 with the published words, and one event each, which get worse with each attempt', async () => {
    for (let attempt = 1; attempt <= 6; attempt++) {
      const { status, body, headers } = await guess('192.0.2.2')
      assert.deepEqual([status, body], [401, { error: 'Unauthorized' }])
      assert.equal(headers.get('www-authenticate'), 'Bearer')
    }
    const events = await eventsFrom('192.0.2.2')
    assert.deepEqual(events[2], {
      category: 'AUTH_FAILED',
      identity: 'UNKNOWN',
      message: 'Invalid token provided',
      severity: 'medium',
      details: { ip: '192.0.2.2', attempt: 3 },
    })
    const severities = events.map(({ severity }) => severity)
    assert.deepEqual(severities, ['low', 'low', 'medium', 'medium', 'medium', 'high'])
  })
  it('429 after ten from one address, before the token is looked at, with one event more', async () => {
    for (let attempt = 1; attempt <= 10; attempt++) assert.equal((await guess('192.0.2.3')).status, 401)
    const own = { token: withPassword.credentials.board.token }
    for (let repeat = 0; repeat < 3; repeat++) {
      const { status, headers } = await logIn(withPassword, own, { 'x-forwarded-for': '192.0.2.3' })
      assert.equal(status, 429)
      assert.ok(Number(headers.get('retry-after')) >= 1)
    }
    assert.equal((await logIn(withPassword, own, { 'x-forwarded-for': '192.0.2.4' })).status, 200)
    const categories = (await eventsFrom('192.0.2.3')).map(({ category }) => category)
    assert.deepEqual(categories, [...Array(10).fill('AUTH_FAILED'), 'RATE_LIMIT'])
  })
})

describe('the session', () => {
  it('200 with who is logged in, by cookie and by bearer', async () => {
    const { sessionId, user, expiresAt } = (await logIn()).body
    for (const headers of [bearer(sessionId), cookie(sessionId)]) {
      const { status, body } = await server.call('GET', '/api/auth/session', { headers })
      assert.deepEqual([status, body], [200, { authenticated: true, user, expiresAt }])
    }
  })
  it('200 with authenticated: false without one, and with one that is not good', async () => {
    for (const headers of [{}, bearer(randomUUID()), cookie(randomUUID()), cookie('%')]) {
      const { status, body } = await server.call('GET', '/api/auth/session', { headers })
      assert.deepEqual([status, body], [200, { authenticated: false }])
    }
  })
  it('401 for everything else without one, 403 for one that nobody was given', async () => {
    const none = await overview({})
    assert.deepEqual([none.status, none.body], [401, { error: 'Unauthorized' }])
    assert.equal(none.headers.get('cache-control'), 'no-store')
    for (const headers of [bearer(randomUUID()), cookie(randomUUID())]) {
      const { status, body } = await overview(headers)
      assert.deepEqual([status, body], [403, { error: 'Session expired' }])
    }
  })
  it('403 when its time is over, and it is swept', async () => {
    const { sessionId } = (await logIn()).body
    const { db } = server.services
    await db('ocpp.board_sessions')
      .where({ session_hash: hashSecret(sessionId) })
      .update({ expires_at: db.raw(`now() - interval '1 second'`) })
    const { status, body } = await overview(bearer(sessionId))
    assert.deepEqual([status, body], [403, { error: 'Session expired' }])
  })
  it('ends with the logout, which takes the cookie back', async () => {
    const { sessionId } = (await logIn()).body
    const { status, body, headers } = await server.call('POST', '/api/auth/logout', { headers: bearer(sessionId) })
    assert.deepEqual([status, body], [200, { success: true }])
    assert.equal(headers.get('set-cookie'), 'board-session=; Max-Age=0; Path=/api; HttpOnly; SameSite=Lax')
    assert.equal((await overview(bearer(sessionId))).status, 403)
    assert.equal((await server.call('POST', '/api/auth/logout')).status, 401)
  })
  it('403 for a write with the cookie that comes from the page of another site', async () => {
    const { sessionId } = (await logIn()).body
    const logOut = (headers: Record<string, string>) => server.call('POST', '/api/auth/logout', { headers })
    for (const origin of ['https://evil.example', 'null', `${server.url}.evil.example`])
      assert.equal((await logOut({ ...cookie(sessionId), origin })).status, 403, origin)
    assert.equal((await logOut({ ...cookie(sessionId), 'sec-fetch-site': 'cross-site' })).status, 403)
    assert.equal((await logOut({ ...cookie(sessionId), origin: server.url })).status, 200)
  })
})

describe('paths below /api', () => {
  it('404 in JSON for what is no path of the contract', async () => {
    const { status, body } = await server.call('GET', '/api/nothing')
    assert.deepEqual([status, body], [404, { error: 'Not found' }])
  })
})

describe('the settings', () => {
  const { config } = server.services
  it('leave the contract out where nobody could log in', () => {
    const user = { name: 'ada', passwordHash: 'x' }
    assert.match(board.missing!({ ...config, board: { token: undefined, user: undefined } })!, /BOARD_TOKEN/)
    assert.equal(board.missing!({ ...config, board: { token: 'x', user: undefined } }), undefined)
    assert.equal(board.missing!({ ...config, board: { token: undefined, user } }), undefined)
  })
  it('end the start with an empty token, half a user, or a hash that is none', () => {
    for (const environment of [
      { BOARD_TOKEN: '' },
      { BOARD_TOKEN: '  ' },
      { BOARD_USER: 'ada' },
      { BOARD_PASSWORD_HASH: '$argon2id$v=19$m=8192,t=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g' },
      { BOARD_USER: 'ada', BOARD_PASSWORD_HASH: 'secret' },
    ])
      assert.throws(() => readConfig(environment), StartError, JSON.stringify(environment))
  })
})
