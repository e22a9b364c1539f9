import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { verify } from '@node-rs/argon2'
import { CHECKOUT } from '../processes/serverProcess.ts'
import { startTestServer } from '../support/testServer.ts'

/** What an operator makes logins of the board with. */

const server = await startTestServer()

async function admin(parameters: string[], input = '') {
  const child = spawn(process.execPath, ['tools/admin.ts', ...parameters], {
    cwd: CHECKOUT,
    env: { PATH: process.env.PATH, DATABASE_URL: server.databaseUrl },
  })
  child.stdin.end(input)
  const [printed, complained] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { printed, complained }
}

describe('create-board-token', () => {
  it('prints a token that logs in to the board of that tenant, under that name', async () => {
    const { printed } = await admin(['create-board-token', '--tenant', 'borealis', '--name', 'ada'])
    const { user, token } = JSON.parse(printed)
    const { status, body } = await server.call('POST', '/api/auth/login', { body: { token } })
    assert.deepEqual([status, user, body.user], [200, 'ada', { name: 'ada' }])
  })
  it('is refused for a tenant that there is not', async () => {
    const { complained } = await admin(['create-board-token', '--tenant', 'nobody', '--name', 'ada'])
    assert.match(complained, /^there is no tenant nobody\n$/)
  })
})

describe('hash-password', () => {
  it('prints the hash of what it reads, without the end of the line', async () => {
    const { printed } = await admin(['hash-password'], 'correct horse\n')
    assert.match(printed, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    assert.ok(await verify(printed.trim(), 'correct horse'))
  })
  it('is refused when it reads nothing', async () => {
    assert.match((await admin(['hash-password'])).complained, /^the password is read from the standard input/)
  })
})
