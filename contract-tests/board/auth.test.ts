import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startTestServer } from '../support/testServer.ts'

/** Logging in and out: by token, as bearer and as cookie, and what is said to those who are not logged in. */

const server = await startTestServer()
const { token } = server.credentials.board

const logIn = () => server.call('POST', '/api/auth/login', { body: { token } })
const overview = (headers: Record<string, string>) => server.call('GET', '/api/overview', { headers })

describe('a login with the token of the board', () => {
  it('200 with the session in the body and in a cookie that scripts cannot read', async () => {
    const { status, body, headers } = await logIn()
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body), ['sessionId', 'user', 'expiresAt'])
    assert.deepEqual(body.user, { name: 'admin' })
    const hours = (Date.parse(body.expiresAt) - Date.now()) / 3_600_000
    assert.ok(hours > 23.9 && hours <= 24, String(hours))
    const cookie = `board-session=${body.sessionId}; Max-Age=86400; Path=/api; HttpOnly; SameSite=Lax`
    assert.equal(headers.get('set-cookie'), cookie)
    assert.equal(headers.get('cache-control'), 'no-store')
  })
  it('opens the board as bearer and as cookie', async () => {
    const { sessionId } = (await logIn()).body
    assert.equal((await overview({ authorization: `Bearer ${sessionId}` })).status, 200)
    assert.equal((await overview({ cookie: `theme=dark; board-session=${sessionId}` })).status, 200)
  })
  it('400 without anything that proves who it is, and for a body that is no JSON', async () => {
    for (const body of [{}, { username: 'admin' }, { password: 'x' }, 'null', '[', { token: '' }, { token: 7 }]) {
      const answer = await server.call('POST', '/api/auth/login', { body })
      assert.equal(answer.status, 400, JSON.stringify(body))
      assert.deepEqual(Object.keys(answer.body), ['error'])
    }
  })
})
