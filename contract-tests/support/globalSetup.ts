import fs from 'node:fs'
import { makeSeededDataDir, startTestPostgres, type TestPostgres } from './testPostgres.ts'

let postgres: TestPostgres | undefined
let seeded: string | undefined

/** Before all test files: data to copy, and one Postgres on them for all files, found through the environment. */
export async function globalSetup(): Promise<void> {
  seeded = await makeSeededDataDir()
  process.env.TEST_SEEDED_DATA_DIR = seeded
  postgres = await startTestPostgres()
  process.env.TEST_TEMPLATE_URL = postgres.templateUrl
  process.env.TEST_CREDENTIALS = postgres.credentialsFile
}

export async function globalTeardown(): Promise<void> {
  await postgres?.stop()
  if (seeded !== undefined) fs.rmSync(seeded, { recursive: true, force: true })
}
