import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startTestServer } from '../support/testServer.ts'
import { exchange, lines } from './rawSocket.ts'

/** A whole address in the request line, as a proxy may send it, where the path stands elsewhere. */

const server = await startTestServer()
const { flux, ocpp } = server.credentials
const authorization = `Basic ${Buffer.from(`PROXIED:${ocpp.password}`).toString('base64')}`
const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
]
const DOORS: Record<string, string[]> = {
  '/ocpp/PROXIED': [...UPGRADE, 'Sec-WebSocket-Protocol: ocpp1.6', `Authorization: ${authorization}`],
  [`/stream?token=${await server.operator()}`]: UPGRADE,
  [`/realtime/v1/websocket?vsn=2.0.0&apikey=${flux.anon_key}`]: UPGRADE,
}

const statusOf = async (port: number, target: string, headers: string[] = []) =>
  (await exchange(port, [lines(`GET ${target} HTTP/1.1`, headers)]))[0]?.status

describe('a whole address in the request line', () => {
  for (const [target, headers] of Object.entries(DOORS))
    it(`opens the WebSocket ${target.split('?')[0]}`, async () => {
      assert.equal(await statusOf(server.port, target, headers), 101)
      for (const origin of ['http://csms.example', 'HTTPS://csms.example:8443'])
        assert.equal(await statusOf(server.port, `${origin}${target}`, headers), 101)
    })
  it('opens none that is not there', async () => {
    assert.equal(await statusOf(server.port, 'http://csms.example/nowhere', UPGRADE), 404)
    assert.equal(await statusOf(server.port, 'http://csms.example', UPGRADE), 404)
  })
  it('asks for metrics and readiness', async () => {
    for (const path of ['/metrics', '/ready'])
      assert.equal(await statusOf(server.metricsPort, `http://localhost${path}`), 200)
  })
})
