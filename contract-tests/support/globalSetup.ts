import { startTestPostgres, type TestPostgres } from './testPostgres.ts'

let postgres: TestPostgres | undefined

/** Before all test files: one Postgres for all of them, whose address the files find in their environment. */
export async function globalSetup(): Promise<void> {
  postgres = await startTestPostgres()
  process.env.TEST_TEMPLATE_URL = postgres.templateUrl
  process.env.TEST_CREDENTIALS = postgres.credentialsFile
}

export async function globalTeardown(): Promise<void> {
  await postgres?.stop()
}
