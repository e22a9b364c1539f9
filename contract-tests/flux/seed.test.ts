import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, it } from 'node:test'
import { readConfig } from '../../src/config.ts'
import { type Credentials, readCredentials, writeCredentials } from '../../src/seed/credentials.ts'
import { seedDemo } from '../../src/seed/seedDemo.ts'
import { openTestDatabase } from '../support/testServer.ts'

const database = await openTestDatabase()
const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'voltspec-seed-'))
after(async () => {
  fs.rmSync(dataDir, { recursive: true })
  await database.drop()
})
const seed = () =>
  seedDemo(database.url, readConfig({ DATA_DIR: dataDir }), { force: true, fluxDays: 1, say: () => {} })
const { flux, ...older }: Credentials = JSON.parse(fs.readFileSync(database.credentialsFile, 'utf8'))

it('a data directory from before flux gets its keys, and keeps the others', async () => {
  writeCredentials(dataDir, older)
  await seed()
  const { flux: keys, ...others } = readCredentials(dataDir)!
  assert.deepEqual(others, older)
  assert.deepEqual(Object.keys(keys!), Object.keys(flux))
  await seed()
  assert.deepEqual(readCredentials(dataDir)!.flux, keys, 'keys that are there stay')
})
