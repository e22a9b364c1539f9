import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, it } from 'node:test'
import { readConfig } from '../../src/config.ts'
import { type Credentials, readCredentials, writeCredentials } from '../../src/seed/credentials.ts'
import { seedDemo } from '../../src/seed/seedDemo.ts'
import { openTestDatabase, startServerOn } from '../support/testServer.ts'

const database = await openTestDatabase()
const server = await startServerOn(database)
const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'voltspec-seed-'))
after(async () => {
  await server.close()
  fs.rmSync(dataDir, { recursive: true })
  await database.drop()
})
const seed = () => seedDemo(database.url, readConfig({ DATA_DIR: dataDir }), { force: true, say: () => {} })
const { board, other_tenant, ...older }: Credentials = JSON.parse(fs.readFileSync(database.credentialsFile, 'utf8'))

it('a data directory from before the board gets a token for each tenant, and keeps the other secrets', async () => {
  writeCredentials(dataDir, { ...older, other_tenant: { tellus: other_tenant.tellus } })
  await seed()
  const { board: own, other_tenant: theirs, ...others } = readCredentials(dataDir)!
  assert.deepEqual(others, older)
  assert.deepEqual(theirs!.tellus, other_tenant.tellus)
  for (const { token } of [own!, theirs!.board!]) {
    assert.notEqual(token, board.token)
    assert.equal((await server.call('POST', '/api/auth/login', { body: { token } })).status, 200)
  }
  await seed()
  assert.deepEqual(readCredentials(dataDir)!.board, own, 'tokens that are there stay')
})
