import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after } from 'node:test'
import { impliedScopes, SCOPES } from '../../../src/auth/scopes.ts'
import { hashSecret, newSecret } from '../../../src/auth/secrets.ts'
import { connectAsOwner } from '../../../src/postgres/connect.ts'
import * as clients from '../../../src/store/clients.ts'
import { componentHealth, record, sample, site } from '../../support/bodies.ts'
import type { TestServer } from '../../support/testServer.ts'
import type { ErrorKind, Subject } from '../subject.ts'

const CODE: Record<ErrorKind, number> = {
  unauthorized: 2001,
  expired: 2002,
  forbidden: 2003,
  notFound: 3001,
  invalid: 1001,
  method: 1001,
  notImplemented: 9002,
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** tellus, called by chargers with `deviceToken` and by operators with `operatorToken`. */
export async function openSubject(server: TestServer): Promise<Subject> {
  const owner = connectAsOwner(server.databaseUrl)
  after(() => owner.destroy())
  const [tenant, other] = [server.credentials.tellus, server.credentials.other_tenant.tellus]

  async function tenantOf(clientId: string): Promise<string> {
    return (await clients.find(owner, clientId))!.tenant_id
  }

  /** A client with its credentials, as the admin tool would make it. */
  async function makeClient(scopes: string[], sibling = tenant.client_id) {
    const [client_id, client_secret] = [`test-${randomUUID()}`, newSecret()]
    const tenant_id = await tenantOf(sibling)
    await clients.create(owner, { client_id, tenant_id, name: 'test', secret_hash: hashSecret(client_secret), scopes })
    return { client_id, client_secret }
  }

  async function clientToken(scopes: string[], sibling?: string, scope?: string) {
    const body = { grant_type: 'client_credentials', scope, ...(await makeClient(scopes, sibling)) }
    return bearer((await server.call('POST', '/v1/oauth/token', { body })).body.access_token)
  }

  /** A charger that an operator of the other tenant has registered. */
  async function foreignCharger() {
    const facts = { sn: `TEST-${randomUUID()}`, model: 'TP-DC180', manufacturer: 'Tellus Power', firmware_version: '1' }
    const registered = await server.call('POST', '/v1/device/register', {
      body: facts,
      token: await server.operator('other'),
    })
    const { device_id, device_secret } = registered.body.data
    const body = { device_id, device_secret, grant_type: 'client_credentials' }
    return bearer((await server.call('POST', '/v1/device/token', { body })).body.access_token)
  }

  async function expired(scheme: string) {
    const token = newSecret()
    const tenantId = await tenantOf(tenant.client_id)
    await owner('core.access_tokens').insert({
      token_hash: hashSecret(token),
      tenant_id: tenantId,
      ...(scheme === 'deviceToken'
        ? { device_id: (await server.charger()).deviceId }
        : { client_id: tenant.client_id, scopes: SCOPES }),
      expires_at: owner.raw(`now() - interval '1 second'`),
    })
    return bearer(token)
  }

  async function makeThings() {
    const token = await server.operator('admin')
    const charger = await server.charger()
    const put = async (path: string, body: unknown, as = token) => {
      const answer = await server.call('POST', path, { body, token: as })
      assert.equal(answer.status, 200, `${path}: ${JSON.stringify(answer.body)}`)
      return answer.body.data
    }
    const [place, upload] = [site({ device_ids: [charger.deviceId] }), record()]
    await put('/v1/device/site', place)
    await put('/v1/device/charging-records', upload, charger.token)
    await put('/v1/device/telemetry', sample({ component_health: componentHealth() }), charger.token)
    const connector = `/v1/devices/${charger.deviceId}/connectors/1`
    const command = await put(`${connector}/stop`, { reason: 'user_request' })
    const slot = { start: '01:00', end: '05:00', action: 'charge' }
    const plan = { schedule_id: randomUUID(), enabled: true, type: 'daily', time_slots: [slot] }
    await put(`${connector}/schedule`, plan)
    const uploadToken = async () => {
      await put(`/v1/devices/${charger.deviceId}/commands`, { command: 'fetch_logs' })
      const heartbeat = { timestamp: new Date().toISOString(), status: 'online' }
      const { commands } = await put('/v1/device/heartbeat', heartbeat, charger.token)
      return commands.at(-1).params.upload_url.split('/').at(-1) as string
    }
    const uploaded = await server.call('PUT', `/v1/device/uploads/${await uploadToken()}`, {
      body: 'a log',
      headers: { 'content-type': 'text/plain' },
    })
    const operators = await server.call('GET', '/v1/operators', { token })
    const account = await put('/v1/service-accounts', { name: 'test', scopes: ['site:read'] })
    const facts = { manufacturer: 'Tellus Power', model: randomUUID() }
    const release = await put('/v1/firmware/releases', { ...facts, version: '1' })
    const profile = await put('/v1/configuration/profiles', { ...facts, name: 'test', settings: {} })
    return {
      ReleaseId: release.release_id as string,
      ProfileId: profile.profile_id as string,
      DeviceId: charger.deviceId,
      ConnectorId: '1',
      SiteId: place.site_id,
      RecordId: upload.record_id,
      SessionDeviceId: charger.deviceId,
      SessionRecordId: upload.record_id,
      CommandId: command.command_id as string,
      LogId: uploaded.body.data.log_id as string,
      UploadToken: await uploadToken(),
      OperatorId: operators.body.data[0].id as string,
      OrganizationId: operators.body.data[0].id as string,
      ServiceAccountId: account.service_account_id as string,
    }
  }

  const names = [
    'DeviceId',
    'SiteId',
    'RecordId',
    'CommandId',
    'OperatorId',
    'ServiceAccountId',
    'SessionDeviceId',
    'SessionRecordId',
    'LogId',
    'UploadToken',
    'OrganizationId',
    'ReleaseId',
    'ProfileId',
  ]
  // Ids are opaque, so one of a strange form is an unknown one; only what the contract bounds is refused as invalid.
  const strange = ['no-such-thing', '1', "'; drop table core.devices; --", '%', '\u{1F50C}', 'a/b', '__proto__']
  return {
    schemes: ['deviceToken', 'operatorToken'],
    scopes: SCOPES,
    implied: impliedScopes,
    caller: async scheme => (scheme === 'deviceToken' ? bearer((await server.charger()).token) : clientToken(SCOPES)),
    stranger: async scheme => (scheme === 'deviceToken' ? foreignCharger() : clientToken(SCOPES, other.client_id)),
    expired,
    clientWith: scopes => clientToken(scopes),
    tokenWith: scopes => clientToken(SCOPES, tenant.client_id, scopes.join(' ')),
    garbage: [
      bearer('garbage'),
      bearer('0'.repeat(64)),
      bearer(''),
      bearer('a'.repeat(8000)),
      bearer(`${newSecret()} ${newSecret()}`),
      { authorization: newSecret() },
      { authorization: `Basic ${Buffer.from(`${tenant.client_id}:${tenant.client_secret}`).toString('base64')}` },
    ],
    makeThings,
    unknownIds: { ...Object.fromEntries(names.map(name => [name, randomUUID()])), ConnectorId: '63' },
    malformedIds: [
      ...names.flatMap(component => strange.map(id => ({ component, id, status: 404 }))),
      ...names.map(component => ({ component, id: 'x'.repeat(65), status: 400 })),
      ...['0', '-1', '65', '1.5', 'one', '1e400', '99999999999999999999'].map(id => ({
        component: 'ConnectorId',
        id,
        status: 400,
      })),
    ],
    checkError({ body }, kind, operation) {
      // Where tokens are issued, errors are those of RFC 6749.
      if (operation?.path.endsWith('/token')) {
        assert.equal(typeof body.error, 'string')
        return
      }
      assert.deepEqual([body.code, body.data], [CODE[kind], null])
      assert.equal(typeof body.message, 'string')
    },
  }
}
