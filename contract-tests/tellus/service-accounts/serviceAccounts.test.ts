import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Knex } from 'knex'
import WebSocket from 'ws'
import { openTestDatabase, startServerOn, startTestServer } from '../../support/testServer.ts'
import { whileUncommitted } from '../../support/whileUncommitted.ts'

const server = await startTestServer()
const admin = await server.operator('admin')
const { db } = server.services
const ALL = ['org', 'site', 'device', 'firmware', 'configuration', 'diagnostics', 'telemetry'].flatMap(resource => [
  `${resource}:read`,
  `${resource}:write`,
])

async function account(scopes = ALL) {
  const body = { name: 'Fleet sync', scopes }
  const answer = await server.call('POST', '/v1/service-accounts', { token: admin, body })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body.data
}
const change = (id: string, what: 'rotate' | 'disable') =>
  server.call('POST', `/v1/service-accounts/${id}/${what}`, { token: admin })
const askToken = ({ service_account_id, service_account_secret }: Record<string, string>, more: object = {}) =>
  server.call('POST', '/v1/service-accounts/token', { body: { service_account_id, service_account_secret, ...more } })
async function token(scopes?: string[]): Promise<string> {
  return (await askToken(await account(scopes))).body.access_token
}
const works = async (access: string) => (await server.call('GET', '/v1/sites', { token: access })).status

describe('a service account', () => {
  it('is made by an administrator, with a secret that is shown once and stored nowhere', async () => {
    const { service_account_secret: secret, ...made } = await account(['site:read', 'site:read', 'device:write'])
    assert.match(secret, /^[0-9a-f]{64}$/)
    assert.deepEqual(
      { ...made, service_account_id: '', created_at: '' },
      {
        service_account_id: '',
        name: 'Fleet sync',
        scopes: ['site:read', 'device:write'],
        status: 'active',
        created_by: `client:${server.credentials.tellus.admin_client_id}`,
        created_at: '',
        rotated_at: null,
        old_secret_valid_until: null,
        disabled_at: null,
      },
    )
    const { body } = await server.call('GET', '/v1/service-accounts?size=100', { token: admin })
    const listed = body.data.items.find(({ service_account_id: id }: typeof made) => id === made.service_account_id)
    assert.deepEqual(listed, made)
    const { rows } = await db.raw(
      `select a::text || s::text as stored from core.service_accounts a
       join core.service_account_secrets s using (service_account_id) where service_account_id = ?`,
      [made.service_account_id],
    )
    assert.equal(rows.length, 1)
    assert.ok(!rows[0].stored.includes(secret) && !rows[0].stored.includes(Buffer.from(secret).toString('hex')))
  })

  it('400 for scopes that an account cannot hold, none at all, and no name', async () => {
    for (const body of [
      ...['admin', 'read', 'write', 'site:delete', 'everything'].map(scope => ({ name: 'x', scopes: [scope] })),
      { name: 'x', scopes: [] },
      { name: '', scopes: ['site:read'] },
      { scopes: ['site:read'] },
    ]) {
      const answer = await server.call('POST', '/v1/service-accounts', { token: admin, body })
      assert.equal(answer.status, 400, JSON.stringify(body))
    }
  })

  it('is unknown to other tenants, and their administrators do not see it', async () => {
    const { service_account_id: id } = await account()
    const { tenant_id } = await db('core.tenants').first('tenant_id').where({ slug: 'borealis' })
    const [client] = await db('core.clients')
      .where({ tenant_id })
      .update({ scopes: ['admin'] })
      .returning('scopes')
    assert.ok(client)
    const theirs = await server.operator('other')
    for (const what of ['rotate', 'disable']) {
      const { status } = await server.call('POST', `/v1/service-accounts/${id}/${what}`, { token: theirs })
      assert.equal(status, 404)
    }
    const { body } = await server.call('GET', '/v1/service-accounts', { token: theirs })
    assert.equal(body.data.total, 0)
  })
})

describe('a token of a service account', () => {
  it('is bare, lasts 90 days and carries the scopes of the account, with or without a grant, as JSON or a form', async () => {
    const made = await account(['site:read'])
    const form = new URLSearchParams({
      service_account_id: made.service_account_id.toUpperCase(),
      service_account_secret: made.service_account_secret,
    })
    const answers = [
      await askToken(made),
      await askToken(made, { grant_type: 'client_credentials' }),
      await server.call('POST', '/v1/service-accounts/token', {
        body: form.toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
    ]
    for (const { status, body, headers } of answers) {
      assert.equal(status, 200)
      assert.deepEqual(
        { ...body, access_token: '' },
        { access_token: '', token_type: 'Bearer', expires_in: 7_776_000, scope: 'site:read' },
      )
      assert.equal(headers.get('cache-control'), 'no-store')
      assert.equal(await works(body.access_token), 200)
    }
  })

  it('does what its scopes say and nothing else', async () => {
    const reader = await token(['site:read'])
    assert.equal(await works(reader), 200)
    for (const [method, path, scope] of [
      ['GET', '/v1/devices', 'device:read'],
      ['GET', '/v1/service-accounts', 'admin'],
      ['GET', '/v1/debug/requests', 'admin'],
    ] as const) {
      const { status, body } = await server.call(method, path, { token: reader })
      assert.deepEqual([status, body.code, body.details], [403, 2003, { scope }])
    }
    const all = await token()
    const { deviceId } = await server.charger()
    const start = `/v1/devices/${deviceId}/connectors/1/start`
    const { body } = await server.call('POST', start, { token: all, body: { charge_power: 22, target_soc: 80 } })
    const { requested_by } = await db('core.commands').first().where({ command_id: body.data.command_id })
    assert.match(requested_by, /^service_account:/)
    assert.equal((await server.call('GET', '/v1/internal/activity', { token: all })).status, 403)
  })

  it('401 alike for a wrong secret, an unknown account and one that is disabled; 400 for another grant', async () => {
    const made = await account()
    const gone = await account()
    await change(gone.service_account_id, 'disable')
    const wrong = '0'.repeat(64)
    const answers = [
      await askToken({ ...made, service_account_secret: wrong }),
      await askToken({ ...made, service_account_id: randomUUID() }),
      await askToken({ ...made, service_account_id: 'nobody' }),
      await askToken(gone),
    ]
    for (const { status, body } of answers) assert.deepEqual([status, body], [401, answers[0]!.body])
    assert.equal(answers[0]!.body.error, 'invalid_client')
    const { status, body } = await askToken(made, { grant_type: 'password' })
    assert.deepEqual([status, body.error], [400, 'unsupported_grant_type'])
    assert.deepEqual((await askToken({})).body.error, 'invalid_request')
  })

  it('is refused once it has expired', async () => {
    const made = await account()
    const { access_token } = (await askToken(made)).body
    await db('core.access_tokens')
      .where({ service_account_id: made.service_account_id })
      .update({ expires_at: new Date(Date.now() - 1000) })
    const { status, body } = await server.call('GET', '/v1/sites', { token: access_token })
    assert.deepEqual([status, body.code], [401, 2002])
  })
})

describe('rotating a secret', () => {
  it('keeps each old one good for 24 hours, and tokens for good', async () => {
    const first = await account()
    const { access_token } = (await askToken(first)).body
    const second = (await change(first.service_account_id, 'rotate')).body.data
    const third = (await change(first.service_account_id, 'rotate')).body.data
    assert.equal(new Set([first, second, third].map(each => each.service_account_secret)).size, 3)
    const left = Date.parse(third.old_secret_valid_until) - Date.parse(third.rotated_at)
    assert.equal(left, 24 * 3_600_000)
    for (const each of [first, second, third]) assert.equal((await askToken(each)).status, 200)
    await db('core.service_account_secrets')
      .where({ service_account_id: first.service_account_id })
      .whereNotNull('expires_at')
      .update({ expires_at: new Date(Date.now() - 1) })
    assert.deepEqual(
      [(await askToken(first)).status, (await askToken(second)).status, (await askToken(third)).status],
      [401, 401, 200],
    )
    assert.equal(await works(access_token), 200)
  })

  it('409 for a disabled account', async () => {
    const { service_account_id: id } = await account()
    await change(id, 'disable')
    const { status, body } = await change(id, 'rotate')
    assert.deepEqual([status, body.code], [409, 4001])
  })
})

describe('disabling an account', () => {
  it('voids its tokens in every process within a second, closes its streams, and is the same the second time', async () => {
    const database = await openTestDatabase()
    const [one, two] = await Promise.all([startServerOn(database), startServerOn(database)])
    try {
      const boss = await one.operator('admin')
      const body = { name: 'x', scopes: ['site:read', 'telemetry:read'] }
      const made = (await one.call('POST', '/v1/service-accounts', { token: boss, body })).body.data
      const { service_account_id, service_account_secret } = made
      const issued = await two.call('POST', '/v1/service-accounts/token', {
        body: { service_account_id, service_account_secret },
      })
      const access = issued.body.access_token
      for (const each of [one, two]) assert.equal((await each.call('GET', '/v1/sites', { token: access })).status, 200)
      const socket = new WebSocket(`${two.url.replace('http', 'ws')}/stream`, {
        headers: { authorization: `Bearer ${access}` },
      })
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
      const closed = new Promise<number>(resolve => socket.once('close', resolve))
      const began = performance.now()
      const path = `/v1/service-accounts/${service_account_id}/disable`
      const { body: first } = await one.call('POST', path, { token: boss })
      assert.equal(await closed, 4401)
      for (const each of [one, two]) {
        let status: number
        do status = (await each.call('GET', '/v1/sites', { token: access })).status
        while (status === 200 && performance.now() - began < 5000)
        assert.equal(status, 401)
      }
      assert.ok(performance.now() - began < 1000)
      assert.deepEqual((await one.call('POST', path, { token: boss })).body, first)
    } finally {
      await Promise.all([one.close(), two.close()])
      await database.drop()
    }
  })

  it('leaves no token that was asked for meanwhile', async () => {
    const made = await account()
    const id = made.service_account_id
    const { status } = await whileUncommitted(
      db,
      transaction =>
        db('core.service_accounts')
          .transacting(transaction as Knex.Transaction)
          .where({ service_account_id: id })
          .update({ disabled_at: new Date() }),
      () => askToken(made),
    )
    assert.equal(status, 401)
    assert.equal((await db('core.access_tokens').where({ service_account_id: id })).length, 0)
  })
})

describe('who guesses secrets', () => {
  it('is slowed per account and per address, while who knows a secret is not slowed by using it', async () => {
    const strict = await startTestServer({
      RATE_LIMIT_SCALE: '1000',
      RATE_LIMIT_WRONG_SECRET: '0.003/60',
      TRUST_PROXY: '1',
    })
    const boss = await strict.operator('admin')
    const make = async () => {
      const body = { name: 'x', scopes: ['site:read'] }
      return (await strict.call('POST', '/v1/service-accounts', { token: boss, body })).body.data
    }
    const [mine, yours] = [await make(), await make()]
    const ask = (service_account_id: string, service_account_secret: string, from: string) =>
      strict.call('POST', '/v1/service-accounts/token', {
        body: { service_account_id, service_account_secret },
        headers: { 'x-forwarded-for': from },
      })
    const right = async (of: typeof mine, from: string) =>
      (await ask(of.service_account_id, of.service_account_secret, from)).status
    for (let index = 0; index < 5; index++) assert.equal(await right(mine, '10.0.0.1'), 200)
    const statuses = []
    for (const from of ['10.0.1.1', '10.0.1.2', '10.0.1.3', '10.0.1.4'])
      statuses.push((await ask(mine.service_account_id, '0'.repeat(64), from)).status)
    assert.deepEqual(statuses, [401, 401, 401, 429])
    const slowed = await ask(mine.service_account_id, mine.service_account_secret, '10.0.0.1')
    assert.deepEqual([slowed.status, slowed.body.error], [429, 'slow_down'])
    assert.ok(Number(slowed.headers.get('retry-after')) >= 1)
    assert.equal(await right(yours, '10.0.0.1'), 200)
    for (let index = 0; index < 3; index++) await ask(randomUUID(), '0'.repeat(64), '10.0.2.1')
    assert.equal(await right(yours, '10.0.2.1'), 429)
    assert.equal(await right(yours, '10.0.2.2'), 200)
  })
})

describe('the request log', () => {
  it('holds no secret of a service account', async () => {
    const made = await account()
    const rotated = (await change(made.service_account_id, 'rotate')).body.data
    const { access_token } = (await askToken(made)).body
    await works(access_token)
    await server.call('POST', '/v1/service-accounts', {
      token: admin,
      body: { name: 'x', scopes: ['site:read'], service_account_secret: rotated.service_account_secret },
    })
    const { body } = await server.call('GET', '/v1/debug/requests', { token: admin })
    const text = JSON.stringify(body.data.items)
    assert.ok(text.includes('issueServiceAccountToken') && text.includes('rotateServiceAccount'))
    for (const secret of [made.service_account_secret, rotated.service_account_secret, access_token, admin])
      assert.ok(!text.includes(secret))
  })
})
