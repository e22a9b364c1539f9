import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import WebSocket from 'ws'
import { connectAsOwner } from '../../src/postgres/connect.ts'
import { startTestServer } from '../support/testServer.ts'

const server = await startTestServer()
const admin = await server.operator('admin')

/** `npm run admin -- ...` on the server's database: what it prints, parsed. */
async function run(...args: string[]) {
  const env = { ...process.env, DATABASE_URL: server.databaseUrl }
  const { stdout } = await promisify(execFile)(process.execPath, ['tools/admin.ts', ...args], { env })
  return JSON.parse(stdout)
}

describe('revoking a client', () => {
  it('voids its secret, and within a second the tokens and streams that are in use', async () => {
    const { client_id, client_secret } = await run(
      'create-client',
      '--tenant',
      'acme',
      '--name',
      'x',
      '--scopes',
      'read',
    )
    const body = { grant_type: 'client_credentials', client_id, client_secret }
    const token = (await server.call('POST', '/v1/oauth/token', { body })).body.access_token
    const status = async () => (await server.call('GET', '/v1/sites', { token })).status
    assert.equal(await status(), 200)
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/stream?token=${token}`)
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    const closed = new Promise(resolve => socket.once('close', resolve))
    assert.deepEqual(await run('revoke-client', '--id', client_id), { client_id, revoked: true })
    const began = performance.now()
    assert.equal(await closed, 4401)
    assert.equal(await status(), 401)
    assert.ok(performance.now() - began < 1000)
    assert.equal((await server.call('POST', '/v1/oauth/token', { body })).status, 401)
    await assert.rejects(run('revoke-client', '--id', client_id), /there is no client/)
  })
})

describe('removing old rows of the audit log', () => {
  it("takes a tenant's old rows and no others, and leaves one that says so", async () => {
    const owner = connectAsOwner(server.databaseUrl)
    try {
      await owner.raw(
        `insert into ops.audit_logs (tenant_id, at, actor, action, status)
         select tenant_id, now() - days * interval '1 day', 'client:x', 'startCharging', 200
         from core.tenants, unnest(array[1, 9, 10, 400]) days`,
      )
      const count = async () =>
        Number((await owner('ops.audit_logs').count().where({ actor: 'client:x' }).first())!.count)
      const tenants = (await run('list-tenants')).length
      assert.deepEqual(await run('remove-audit-logs', '--tenant', 'acme', '--older-than-days', '9'), { removed: 3 })
      assert.equal(await count(), 4 * tenants - 3)
    } finally {
      await owner.destroy()
    }
    const { body } = await server.call('GET', '/v1/audit-logs?actor=owner', { token: admin })
    const [{ action, details, method }] = body.data.items
    assert.deepEqual([action, details, method], ['removeAuditLogs', { days: 9, removed: 3 }, null])
    for (const days of ['0', '-1', 'all', '1.5'])
      await assert.rejects(run('remove-audit-logs', '--tenant', 'acme', `--older-than-days=${days}`), /whole number/)
  })
})
