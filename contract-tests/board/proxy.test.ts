import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { startTestServer } from '../support/testServer.ts'
import { openBoard } from './board.ts'

const server = await startTestServer({ PROXY_ALLOWED_HOSTS: 'csms.example.com, 127.0.0.1:1' })
const { call, tenantId } = await openBoard(server)
const { db } = server.services
const identity = `PX ${randomUUID()}`
const path = `/stations/${encodeURIComponent(identity)}/proxy`
const proxy = { upstreamUrl: 'wss://csms.example.com/ocpp', upstreamProtocol: 'ocpp2.0.1' }
const put = (changes: object = {}, who?: 'demo' | 'other') => call('PUT', path, { body: { ...proxy, ...changes }, who })
const stored = () => db('ocpp.proxies').first('upstream_url', 'upstream_password', 'enabled').where({ identity })

describe('/stations/{identity}/proxy', () => {
  before(() => db('ocpp.stations').insert({ identity, tenant_id: tenantId }))

  it('404 before one was set', async () => {
    assert.deepEqual((await call('GET', path)).body, { error: 'Not found' })
    assert.equal((await call('DELETE', path)).status, 404)
  })
  it('200 from PUT, without the password, and GET answers the same', async () => {
    const { status, body } = await put({ password: 'upstream-secret' })
    assert.equal(status, 200)
    const { updatedAt, ...shown } = body
    assert.deepEqual(shown, { identity, ...proxy, hasPassword: true, enabled: true })
    assert.ok(Math.abs(Date.parse(updatedAt) - Date.now()) < 10_000)
    const got = await call('GET', path)
    assert.deepEqual(got.body, body)
    assert.doesNotMatch(JSON.stringify(got.body), /upstream-secret/)
  })
  it('the password stays as long as the address does', async () => {
    assert.equal((await put({ enabled: false })).body.hasPassword, true)
    assert.deepEqual(await stored(), {
      upstream_url: proxy.upstreamUrl,
      upstream_password: 'upstream-secret',
      enabled: false,
    })
    assert.equal((await put({ upstreamUrl: 'wss://csms.example.com/other' })).body.hasPassword, false)
  })
  for (const upstreamUrl of [
    'wss://elsewhere.example.com/ocpp',
    'ws://127.0.0.1/',
    'ws://127.0.0.1:2/',
    'ws://localhost:1/',
    'http://csms.example.com/',
    'wss://user:secret@csms.example.com/',
    'wss://csms.example.com/?key=1',
    'nonsense',
  ])
    it(`400 for ${upstreamUrl}`, async () => {
      const { status, body } = await put({ upstreamUrl })
      assert.equal(status, 400)
      assert.match(body.error, /^upstreamUrl /)
    })
  it('400 for a version that nobody translates to', async () =>
    assert.equal((await put({ upstreamProtocol: 'ocpp2.1' })).status, 400))
  it('404 for another tenant, and for a station that there is not', async () => {
    assert.equal((await put({}, 'other')).status, 404)
    assert.equal((await call('GET', path, { who: 'other' })).status, 404)
    assert.equal((await call('DELETE', path, { who: 'other' })).status, 404)
    const { status, body } = await call('PUT', '/stations/nobody/proxy', { body: proxy })
    assert.deepEqual([status, body], [404, { error: 'Connection not found' }])
  })
  it('200 from DELETE, once', async () => {
    assert.deepEqual((await call('DELETE', path)).body, { success: true })
    assert.equal((await call('DELETE', path)).status, 404)
    assert.equal(await stored(), undefined)
  })
})

describe('without a list of hosts', () => {
  it('400 for every upstream', async () => {
    const closed = await startTestServer()
    const board = await openBoard(closed)
    const { status } = await board.call('PUT', '/stations/x/proxy', { body: proxy })
    assert.equal(status, 400)
  })
})
