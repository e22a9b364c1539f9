import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Knex } from 'knex'
import { hashSecret, newSecret } from '../../../src/auth/secrets.ts'
import { inSeconds } from '../../support/bodies.ts'
import { startTestServer } from '../../support/testServer.ts'
import { whileUncommitted } from '../../support/whileUncommitted.ts'

const server = await startTestServer()
const { client_id, client_secret, admin_client_id, admin_client_secret } = server.credentials.tellus
const grant_type = 'client_credentials'
const demo = { grant_type, client_id, client_secret }
const admin = { grant_type, client_id: admin_client_id, client_secret: admin_client_secret }
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

const ask = (body: unknown, headers: Record<string, string> = {}) =>
  server.call('POST', '/v1/oauth/token', { body, headers })
const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString()
const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

describe('issueOperatorToken', () => {
  it('200 with a bare token for JSON, a form, and Basic with either', async () => {
    const answers = await Promise.all([
      ask(demo),
      ask(form(demo), FORM),
      ask({ grant_type }, basic(client_id, client_secret)),
      ask(form({ grant_type }), { ...FORM, ...basic(client_id, client_secret) }),
      ask(form({ grant_type }), {
        'content-type': `${FORM['content-type']}; charset=UTF-8`,
        ...basic(client_id, client_secret),
      }),
    ])
    for (const { status, body, headers } of answers) {
      assert.equal(status, 200)
      assert.match(body.access_token, /^[0-9a-f]{64}$/)
      const rest = { token_type: 'Bearer', expires_in: 86400, scope: 'read write' }
      assert.deepEqual({ ...body, access_token: '' }, { access_token: '', ...rest })
      assert.equal(headers.get('cache-control'), 'no-store')
      assert.equal((await server.call('GET', '/v1/operators', { token: body.access_token })).status, 200)
    }
  })
  it('200 for Basic whose parts are percent-encoded', async () => {
    const encode = (text: string) => [...text].map(letter => `%${letter.charCodeAt(0).toString(16)}`).join('')
    assert.equal((await ask({ grant_type }, basic(encode(client_id), encode(client_secret)))).status, 200)
  })
  it('400 invalid_request for credentials in the header and in the body', async () => {
    const { status, body } = await ask(demo, basic(client_id, client_secret))
    assert.deepEqual([status, body.error], [400, 'invalid_request'])
  })
  it('400 invalid_request for half of the credentials, a missing grant and a field that comes twice', async () => {
    for (const answer of await Promise.all([
      ask({ grant_type, client_id }),
      ask({ client_id, client_secret }),
      ask(`${form(demo)}&client_id=${client_id}`, FORM),
      ask('{"grant_type":'),
    ])) {
      assert.deepEqual([answer.status, answer.body.error], [400, 'invalid_request'])
      assert.deepEqual(Object.keys(answer.body), ['error', 'error_description'])
    }
  })
  it('401 invalid_client for a wrong secret, an unknown client and no credentials, all alike', async () => {
    const answers = await Promise.all([
      ask({ ...demo, client_secret: '0'.repeat(64) }),
      ask({ ...demo, client_secret: admin_client_secret }),
      ask({ ...demo, client_id: 'nobody' }),
      ask({ grant_type }),
      ask({ grant_type }, basic(client_id, 'wrong')),
      ask({ grant_type }, basic('no\0body', 'wrong')),
      ask({ grant_type }, { authorization: 'Basic %%%' }),
    ])
    for (const { status, body, headers } of answers) {
      assert.deepEqual([status, body], [401, answers[0]!.body])
      assert.equal(body.error, 'invalid_client')
      assert.match(headers.get('www-authenticate')!, /^Basic/)
      assert.equal(headers.get('cache-control'), 'no-store')
    }
  })
  it('401 for a client that was revoked', async () => {
    const revoked = server.services.db('core.clients').where({ client_id })
    await revoked.clone().update({ revoked_at: inSeconds(0) })
    assert.equal((await ask(demo)).status, 401)
    await revoked.update({ revoked_at: null })
  })
  it('401 when the client is revoked or its secret replaced between its proof and the token, and issues none', async () => {
    const { db } = server.services
    const client = db('core.clients').where({ client_id })
    const before = await client.clone().first('secret_hash', 'revoked_at')
    const issued = () => db('core.access_tokens').where({ client_id }).count()
    const count = await issued()
    for (const change of [{ revoked_at: new Date() }, { secret_hash: hashSecret(newSecret()) }]) {
      const { status, body } = await whileUncommitted(
        db,
        transaction =>
          client
            .clone()
            .transacting(transaction as Knex.Transaction)
            .update(change),
        () => ask(demo),
      )
      await client.clone().update(before)
      assert.deepEqual([status, body.error], [401, 'invalid_client'])
    }
    assert.deepEqual(await issued(), count)
  })
  it('400 unsupported_grant_type for another grant', async () => {
    const { status, body } = await ask({ ...demo, grant_type: 'refresh_token' })
    assert.deepEqual([status, body.error], [400, 'unsupported_grant_type'])
  })
  it('415 and 413 in the same shape', async () => {
    const xml = await ask('<token/>', { 'content-type': 'application/xml' })
    const large = await ask({ ...demo, padding: 'x'.repeat(1_048_576) })
    assert.deepEqual(
      [xml.status, xml.body.error, large.status, large.body.error],
      [415, 'invalid_request', 413, 'invalid_request'],
    )
  })
})

describe('the scopes of an operator token', () => {
  it('are all of the client when none are asked for: no admin for the demo client, admin for the administrator', async () => {
    assert.equal((await ask(demo)).body.scope, 'read write')
    assert.equal((await ask(admin)).body.scope, 'read write admin')
    const other = await ask({ grant_type, ...server.credentials.other_tenant.tellus })
    assert.equal(other.body.scope, 'read write')
  })
  it('are narrowed to those asked for', async () => {
    const { body } = await ask({ ...demo, scope: 'site:read' })
    assert.equal(body.scope, 'site:read')
    const token = body.access_token
    assert.equal((await server.call('GET', '/v1/sites', { token })).status, 200)
    const devices = await server.call('GET', '/v1/devices', { token })
    assert.deepEqual([devices.status, devices.body.code, devices.body.data], [403, 2003, null])
  })
  it('of `read` do not open what writes', async () => {
    const { deviceId } = await server.charger()
    const token = await server.operator('demo', 'read')
    const options = { token, body: { charge_power: 22, target_soc: 80 } }
    const { status } = await server.call('POST', `/v1/devices/${deviceId}/connectors/1/start`, options)
    assert.equal(status, 403)
  })
  it('400 invalid_scope beyond those of the client', async () => {
    for (const scope of ['admin', 'read admin', 'diagnostics:write', 'everything', ' ']) {
      const { status, body } = await ask({ ...demo, scope })
      assert.deepEqual([status, body.error], [400, 'invalid_scope'], scope)
    }
    assert.equal((await ask({ ...admin, scope: 'admin diagnostics:write' })).status, 200)
  })
  it('are of one tenant for the demo client and the administrator', async () => {
    const { deviceId } = await server.charger()
    for (const who of ['demo', 'admin'] as const) {
      const { status } = await server.call('GET', `/v1/devices/${deviceId}`, { token: await server.operator(who) })
      assert.equal(status, 200)
    }
  })
})

describe('an operator token', () => {
  it('401 with code 2001 when its client was revoked since, and good again with the client', async () => {
    const { db } = server.services
    const token = await server.operator('admin')
    const client = db('core.clients').where({ client_id: admin_client_id })
    await client.clone().update({ revoked_at: inSeconds(0) })
    const { status, body } = await server.call('GET', '/v1/sites', { token })
    await client.update({ revoked_at: null })
    assert.deepEqual([status, body.code, body.data], [401, 2001, null])
    assert.equal((await server.call('GET', '/v1/sites', { token })).status, 200)
  })
  it('401 with code 2001 when nobody knows it, 2002 when it has expired', async () => {
    const unknown = await server.call('GET', '/v1/sites', { token: '0'.repeat(64) })
    assert.deepEqual([unknown.status, unknown.body.code], [401, 2001])
    const token = await server.operator('other')
    await server.services
      .db('core.access_tokens')
      .where({ client_id: server.credentials.other_tenant.tellus.client_id })
      .update({ expires_at: inSeconds(-1) })
    const expired = await server.call('GET', '/v1/sites', { token })
    assert.deepEqual([expired.status, expired.body.code, expired.body.data], [401, 2002, null])
  })
})
