import assert from 'node:assert/strict'
import { once } from 'node:events'
import fs from 'node:fs'
import https from 'node:https'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { hashSecret } from '../../src/auth/secrets.ts'
import * as stations from '../../src/store/ocppStations.ts'
import * as tenants from '../../src/store/tenants.ts'
import { startTestServer } from '../support/testServer.ts'

const fileOf = (name: string) => fileURLToPath(new URL(`../support/tls/${name}`, import.meta.url))
const read = (name: string) => fs.readFileSync(fileOf(name))
const server = await startTestServer({
  TLS_KEY_FILE: fileOf('server.key'),
  TLS_CERT_FILE: fileOf('server.crt'),
  TLS_CLIENT_CA_FILE: fileOf('ca.crt'),
})
const { db } = server.services
const tenantId = (await tenants.findBySlug(db, 'acme'))!
await stations.create(db, { identity: 'MTLS-1', tenantId, passwordHash: hashSecret('secret') })
await stations.create(db, { identity: 'MTLS-2', tenantId, passwordHash: hashSecret('secret') })
await stations.create(db, { identity: 'NAMED-1', tenantId })
await db('ocpp.stations').where({ identity: 'NAMED-1' }).update({ certificate_name: 'MTLS-1' })
const sockets = new Set<WebSocket>()
after(() => {
  for (const socket of sockets) socket.terminate()
})

interface Shown {
  certificate?: 'station' | 'stranger'
  password?: string
}

/** @returns the security profile of the connection, or the status of the refusal */
async function connect(identity: string, { certificate, password }: Shown): Promise<number> {
  const shown = certificate === undefined ? {} : { key: read(`${certificate}.key`), cert: read(`${certificate}.crt`) }
  const auth = password === undefined ? {} : { auth: `${identity}:${password}` }
  const url = `wss://localhost:${server.port}/ocpp/${identity}`
  const socket = new WebSocket(url, 'ocpp1.6', { ca: read('ca.crt'), ...shown, ...auth })
  sockets.add(socket)
  const status = await new Promise<number>((resolve, reject) => {
    socket.once('open', () => resolve(101))
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode!))
    socket.once('error', reject)
  })
  if (status !== 101) return status
  const { security_profile } = await db('ocpp.connections').first().where({ identity }).orderBy('connected_at', 'desc')
  socket.close()
  await once(socket, 'close')
  return security_profile
}

describe('over TLS', () => {
  it('a password makes security profile 2', async () => {
    assert.equal(await connect('MTLS-1', { password: 'secret' }), 2)
    assert.equal(await connect('MTLS-1', { password: 'guess' }), 401)
  })

  it('a client certificate in the name of the identity stands for the password', async () => {
    assert.equal(await connect('MTLS-1', { certificate: 'station' }), 3)
  })

  it('a client certificate may have a name of its own', async () => {
    assert.equal(await connect('NAMED-1', { certificate: 'station' }), 3)
  })

  it('401 when the certificate is of another station, or nobody has signed it', async () => {
    assert.equal(await connect('MTLS-2', { certificate: 'station' }), 401)
    assert.equal(await connect('MTLS-1', { certificate: 'stranger' }), 401)
  })

  it('the rest is served too', async () => {
    const request = https.get({ host: 'localhost', port: server.port, path: '/v1/health', ca: read('ca.crt') })
    const [response] = await once(request, 'response')
    response.resume()
    assert.equal(response.statusCode, 200)
  })
})
