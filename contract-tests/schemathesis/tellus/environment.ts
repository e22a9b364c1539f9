import type { TestServer } from '../../support/testServer.ts'

/**
 * Who Schemathesis is on tellus, and the ids of things that exist: an administrator, a charger of the same tenant, and
 * beside it one that may lose its secret.
 */
export async function environment(server: TestServer): Promise<Record<string, string>> {
  const [operator, charger, spare] = await Promise.all([
    server.operator('admin', 'read write admin'),
    server.charger(),
    server.charger(),
  ])
  const start = `/v1/devices/${charger.deviceId}/connectors/1/start`
  const command = await server.call('POST', start, { token: operator, body: { target_soc: 80, charge_power: 50 } })
  const records = await server.call('GET', '/v1/charging-records?size=1', { token: operator })
  const operators = await server.call('GET', '/v1/operators', { token: operator })
  const sites = await server.call('GET', '/v1/sites?size=1', { token: operator })
  const account = await server.call('POST', '/v1/service-accounts', {
    token: operator,
    body: { name: 'Schemathesis', scopes: ['site:read'] },
  })
  const facts = { manufacturer: 'Tellus Power', model: 'TP-AC22' }
  const release = await server.call('POST', '/v1/firmware/releases', {
    token: operator,
    body: { ...facts, version: 'Schemathesis' },
  })
  const profile = await server.call('POST', '/v1/configuration/profiles', {
    token: operator,
    body: { ...facts, name: 'Schemathesis', settings: {} },
  })
  const { service_account_id, service_account_secret } = account.body.data
  const siteId = sites.body.data.items[0].site_id
  const operatorId = operators.body.data[0].id
  const inPaths = {
    '/v1/devices/{id}/reset-secret': { id: spare.deviceId },
    '/v1/devices/': { id: charger.deviceId, cid: 1 },
    '/v1/commands/': { id: command.body.data.command_id },
    '/v1/charging-records/': { id: records.body.data.items[0].record_id },
    '/v1/operators/': { id: operatorId },
    '/v1/organizations/': { id: operatorId },
    '/v1/firmware/releases/': { id: release.body.data.release_id },
    '/v1/configuration/profiles/': { id: profile.body.data.profile_id },
    '/v1/service-accounts/{id}/rotate': { id: service_account_id },
    '/v1/sites/': { id: siteId },
  }
  const { admin_client_id: client_id, admin_client_secret: client_secret } = server.credentials.tellus
  const inBodies = {
    '/v1/device/token': { device_id: charger.deviceId, device_secret: charger.secret },
    '/v1/oauth/token': { client_id, client_secret, scope: 'read write' },
    '/v1/service-accounts/token': { service_account_id, service_account_secret },
    '/v1/sites': { device_ids: [spare.deviceId], operator_id: operatorId },
    '/v1/sites/{id}': { operator_id: operatorId },
    '/v1/devices': { site_id: siteId },
    '/v1/devices/{id}': { site_id: siteId },
    '/v1/device/command-status': { command_id: command.body.data.command_id },
    '/v1/device/site': { device_ids: [spare.deviceId], operator_id: operatorId },
    '/v1/control/flexibility': { target_type: 'site', target_ids: [siteId] },
    '/admin/queue-command': { device_id: charger.deviceId },
  }
  return {
    OPERATOR_TOKEN: operator,
    DEVICE_TOKEN: charger.token,
    DEVICE_ID: charger.deviceId,
    KNOWN_IN_PATHS: JSON.stringify(inPaths),
    KNOWN_IN_BODIES: JSON.stringify(inBodies),
  }
}
