import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { readConfig } from '../../src/config.ts'
import { startEmbeddedPostgres } from '../../src/postgres/embedded.ts'
import { migrate } from '../../src/postgres/migrate.ts'
import { credentialsFile } from '../../src/seed/credentials.ts'
import { seedDemo } from '../../src/seed/seedDemo.ts'

// Commits stay synchronous: the feed reads what is written out, and would else lag by the WAL writer's 200 ms.
const FORGETFUL = { fsync: 'off', full_page_writes: 'off' }

export interface TestPostgres {
  /** The migrated and seeded database that every test's own database is copied from. */
  templateUrl: string
  credentialsFile: string
  stop(): Promise<void>
}

/**
 * A real Postgres for one run of the tests, with a migrated and seeded template. Only this one may forget what it wrote
 * when the machine dies: tests of durability start servers of their own.
 */
export async function startTestPostgres(): Promise<TestPostgres> {
  const dataDir = newDataDir()
  const seeded = process.env.TEST_SEEDED_DATA_DIR
  if (seeded === undefined) await seed(dataDir)
  else copyDataDir(seeded, dataDir)
  const postgres = await startEmbeddedPostgres(dataDir, () => {}, FORGETFUL)
  return {
    templateUrl: postgres.url,
    credentialsFile: credentialsFile(dataDir),
    async stop() {
      await postgres.stop()
      fs.rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** Migrated and seeded data that no Postgres has open, to be copied instead of being made again. */
export async function makeSeededDataDir(): Promise<string> {
  const dataDir = newDataDir()
  await seed(dataDir)
  return dataDir
}

function newDataDir(): string {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'voltspec-test-'))
  fs.chmodSync(dataDir, 0o711)
  return dataDir
}

async function seed(dataDir: string): Promise<void> {
  const postgres = await startEmbeddedPostgres(dataDir, () => {}, FORGETFUL)
  try {
    await migrate(postgres.url)
    await seedDemo(postgres.url, readConfig({ DATA_DIR: dataDir }), { force: true, fluxDays: 2, say: () => {} })
  } finally {
    await postgres.stop()
  }
}

/** Copies what is in a directory. Its files go on belonging to the same accounts, as Postgres demands and fs.cp does not do. */
export function copyDataDir(from: string, to: string): void {
  fs.mkdirSync(to, { recursive: true })
  execFileSync('cp', ['-a', `${from}/.`, to])
}

/** Copies the template into a database of the given name and returns its address. */
export async function createTestDatabase(templateUrl: string, name: string): Promise<string> {
  await asAdministrator(templateUrl, `create database "${name}" template voltspec`)
  return databaseUrl(templateUrl, name)
}

export async function dropTestDatabase(templateUrl: string, name: string): Promise<void> {
  // The force of the next statement does not reach a feed that still waits for its slot.
  await asAdministrator(
    templateUrl,
    `select pg_terminate_backend(active_pid, 10000) from pg_replication_slots
     where database = '${name}' and active_pid is not null`,
  )
  await asAdministrator(templateUrl, `drop database if exists "${name}" with (force)`)
}

async function asAdministrator(templateUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl(templateUrl, 'postgres') })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

function databaseUrl(url: string, name: string): string {
  const address = new URL(url)
  address.pathname = `/${name}`
  return address.href
}
