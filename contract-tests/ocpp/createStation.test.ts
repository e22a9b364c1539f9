import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { CHECKOUT } from '../processes/serverProcess.ts'
import { closeStations, connectRaw, refusedHandshake } from '../support/rawStation.ts'
import { startTestServer } from '../support/testServer.ts'

const server = await startTestServer({ OCPP_ENROLLMENT: 'closed' })
after(closeStations)

const admin = (...parameters: string[]) =>
  promisify(execFile)(process.execPath, ['tools/admin.ts', 'create-station', ...parameters], {
    cwd: CHECKOUT,
    env: { PATH: process.env.PATH, DATABASE_URL: server.databaseUrl },
  })

describe('create-station', () => {
  it('makes a station of the tenant, whose password is printed once and lets it in', async () => {
    const { stdout } = await admin('--tenant', 'borealis', '--identity', 'ADMIN-1')
    const { identity, password } = JSON.parse(stdout)
    assert.equal(password.length, 20, 'what a 1.6 station can keep')
    const station = await connectRaw(server.url, { identity, password })
    await station.close()
    assert.equal((await refusedHandshake(server.url, { identity, password: `${password}x` })).status, 401)
    const row = await server.services.db('ocpp.stations').first().where({ identity })
    assert.ok(!Buffer.from(row.password_hash).includes(password))
    await assert.rejects(admin('--tenant', 'acme', '--identity', 'ADMIN-1'), {
      stderr: /the identity ADMIN-1 is taken/,
    })
  })

  it('refuses a site of another tenant', async () => {
    const { site_id } = await server.services
      .db('core.sites as s')
      .join('core.tenants as t', 't.tenant_id', 's.tenant_id')
      .first('s.site_id')
      .where('t.slug', 'acme')
    await assert.rejects(admin('--tenant', 'borealis', '--identity', 'ADMIN-2', '--site', site_id), {
      stderr: /there is no site/,
    })
    const { stdout } = await admin('--tenant', 'acme', '--identity', 'ADMIN-2', '--site', site_id)
    assert.equal(JSON.parse(stdout).identity, 'ADMIN-2')
  })
})
