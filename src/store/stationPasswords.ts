import type { Knex } from 'knex'

/** Keeps the hash of a password that a station is about to be given: it may come with it before it says that it took it. */
export async function expect(db: Knex, identity: string, hash: Buffer): Promise<void> {
  await db('ocpp.stations').where({ identity }).update({ next_password_hash: hash })
}

/** The station proves itself by that one from now on, and by the one before no more. Its connection stays. */
export async function adopt(db: Knex, identity: string, hash: Buffer): Promise<void> {
  await db('ocpp.stations')
    .where({ identity, next_password_hash: hash })
    .update({ password_hash: hash, next_password_hash: null, updated_at: db.fn.now() })
}

/** The station did not take it. */
export async function forget(db: Knex, identity: string, hash: Buffer): Promise<void> {
  await db('ocpp.stations').where({ identity, next_password_hash: hash }).update({ next_password_hash: null })
}
