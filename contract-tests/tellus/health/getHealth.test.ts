import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()

describe('getHealth', () => {
  it('200 without a token, bare, with the time of the server and its version', async () => {
    const { status, body } = await server.call('GET', '/v1/health')
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body), ['status', 'timestamp', 'version'])
    assert.equal(body.status, 'ok')
    assert.match(body.version, /^\d+\.\d+\.\d+/)
    assert.ok(Math.abs(Date.parse(body.timestamp) - Date.now()) < 5000)
  })
  it('200 also when a bad token comes along', async () => {
    assert.equal((await server.call('GET', '/v1/health', { token: 'bad' })).status, 200)
  })
})
