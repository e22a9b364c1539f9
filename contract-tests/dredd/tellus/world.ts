import { randomUUID } from 'node:crypto'
import { componentHealth, sample } from '../../support/bodies.ts'
import type { TestCharger, TestServer } from '../../support/testServer.ts'

/** What tellus requests are about: a charger of the demo tenant and who may ask for what, all on the main server. */
export interface World {
  server: TestServer
  charger: TestCharger
  /** Tokens of the demo client and of the administrator. */
  operator: string
  admin: string
  /** A new command that waits for the charger, by its id. */
  queueCommand(): Promise<string>
  /** A firmware release that the tenant sees, by its id. */
  findRelease(origin: 'catalogue' | 'own'): Promise<string>
  /** A configuration profile of the tenant, by its id. */
  findProfile(): Promise<string>
  /** A new service account, with its secret. */
  makeAccount(): Promise<{ service_account_id: string; service_account_secret: string }>
  /** The token of a new upload URL of the charger. */
  openUpload(): Promise<string>
  /** A log of a media type that the charger uploaded, by its id. */
  uploadLog(mediaType: string): Promise<string>
  /** A charging record of the tenant, by its id. */
  findRecord(): Promise<string>
  /** A session of the tenant, by what its path names. */
  findSession(): Promise<{ device_id: string; record_id: string }>
}

export async function openWorld(server: TestServer): Promise<World> {
  const [charger, operator, admin] = await Promise.all([
    server.charger(),
    server.operator(),
    server.operator('admin', 'read write admin'),
  ])
  const telemetry = sample({ component_health: componentHealth() })
  await server.call('POST', '/v1/device/telemetry', { token: charger.token, body: telemetry })
  const openUpload = async (): Promise<string> => {
    const asked = await server.call('POST', `/v1/devices/${charger.deviceId}/commands`, {
      token: operator,
      body: { command: 'fetch_logs' },
    })
    const beat = { timestamp: new Date().toISOString(), status: 'online' }
    const { body } = await server.call('POST', '/v1/device/heartbeat', { token: charger.token, body: beat })
    const { command_id } = asked.body.data
    const pending = body.data.commands.find((each: { command_id: string }) => each.command_id === command_id)
    return pending.params.upload_url.split('/').at(-1)
  }
  return {
    server,
    charger,
    operator,
    admin,
    async queueCommand() {
      const { body } = await server.call('POST', `/v1/devices/${charger.deviceId}/connectors/1/stop`, {
        token: operator,
        body: { reason: 'user_request' },
        headers: { 'Idempotency-Key': randomUUID() },
      })
      return body.data.command_id
    },
    async findRelease(origin) {
      if (origin === 'own') {
        const body = { manufacturer: 'Tellus Power', model: 'TP-AC22', version: randomUUID() }
        const made = await server.call('POST', '/v1/firmware/releases', { token: operator, body })
        return made.body.data.release_id
      }
      const { body } = await server.call('GET', '/v1/firmware/releases?size=100', { token: operator })
      return body.data.items.find((release: { origin: string }) => release.origin === origin).release_id
    },
    async findProfile() {
      const { body } = await server.call('GET', '/v1/configuration/profiles?size=1', { token: operator })
      return body.data.items[0].profile_id
    },
    async makeAccount() {
      const body = { name: 'Dredd', scopes: ['site:read'] }
      const { data } = (await server.call('POST', '/v1/service-accounts', { token: admin, body })).body
      const { service_account_id, service_account_secret } = data
      return { service_account_id, service_account_secret }
    },
    openUpload,
    async uploadLog(mediaType) {
      const options = { body: 'a log', headers: { 'content-type': mediaType } }
      return (await server.call('PUT', `/v1/device/uploads/${await openUpload()}`, options)).body.data.log_id
    },
    async findRecord() {
      const { body } = await server.call('GET', '/v1/charging-records?size=1', { token: operator })
      return body.data.items[0].record_id
    },
    async findSession() {
      const { body } = await server.call('GET', '/v1/charging-records?size=1', { token: operator })
      const { device_id, record_id } = body.data.items[0]
      return { device_id, record_id }
    },
  }
}
