import { readdir } from 'node:fs/promises'
import type { Knex } from 'knex'
import pg from 'pg'
import { StartError } from '../errors.ts'
import { connectAsOwner } from './connect.ts'

const DIRECTORY = new URL('../../migrations/', import.meta.url)
/** Any number that no other program on the database uses. */
const LOCK = 0x766f6c74

/**
 * Brings the schema up to date. An advisory lock makes a second process wait; as it ends with its connection, a lock row
 * that Knex finds although the lock is ours was left by a killed process, and is removed.
 *
 * @throws StartError when the schema is newer than the code, or the role lacks a right
 */
export async function migrate(url: string): Promise<string[]> {
  const lock = new pg.Client({ connectionString: url })
  await lock.connect()
  await lock.query('select pg_advisory_lock($1)', [LOCK])
  const knex = connectAsOwner(url)
  try {
    const config = { migrationSource: await migrationSource() }
    await refuseNewerSchema(knex, await names())
    await knex.migrate.forceFreeMigrationsLock(config)
    const [, applied] = await knex.migrate.latest(config)
    // So that a role that owns nothing can see whether migrations are missing.
    await knex.raw('grant select on knex_migrations to voltspec_app')
    return applied
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (code !== '42501') throw error
    throw new StartError(`the database's role may not migrate: ${message.split(' - ').at(-1)}`)
  } finally {
    await knex.destroy()
    await lock.end()
  }
}

/** Whether migrations are missing. @throws StartError when the schema is newer than the code */
export async function isCurrent(url: string): Promise<boolean> {
  const knex = connectAsOwner(url)
  try {
    const known = await names()
    const applied = await refuseNewerSchema(knex, known)
    return applied.length === known.length
  } finally {
    await knex.destroy()
  }
}

async function names(): Promise<string[]> {
  const files = await readdir(DIRECTORY)
  return files
    .filter(file => file.endsWith('.ts'))
    .map(file => file.slice(0, -3))
    .sort()
}

async function migrationSource(): Promise<Knex.MigrationSource<string>> {
  const all = await names()
  return {
    getMigrations: async () => all,
    getMigrationName: name => name,
    getMigration: async name => {
      const { up } = await import(new URL(`${name}.ts`, DIRECTORY).href)
      return {
        up,
        down: async () => {
          throw new Error('migrations only go forward')
        },
      }
    },
  }
}

async function refuseNewerSchema(knex: Knex, known: string[]): Promise<string[]> {
  if (!(await knex.schema.hasTable('knex_migrations'))) return []
  const applied: string[] = await knex('knex_migrations').pluck('name')
  const newer = applied.find(name => !known.includes(name))
  if (newer !== undefined)
    throw new StartError(`the database's schema is newer than this code (${newer}); update the code`)
  return applied
}
