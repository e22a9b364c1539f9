import { createHash } from 'node:crypto'
import type { Knex } from 'knex'
import { conflict } from '../errors.ts'
import type { Reply } from '../operation.ts'
import * as keys from '../store/idempotencyKeys.ts'

export interface KeyedRequest {
  tenantId: string
  caller: string
  key: string
  target: string
  body: unknown
}

/** The same object says the same in whatever order its members stand. */
function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}

/**
 * Runs a request once per `Idempotency-Key`: the key, what the handler writes and its reply are one transaction, so a
 * crash leaves all or nothing, and a second request with the key waits for the first and gets the first one's reply.
 *
 * @throws conflict when the key was used for another request within 24 hours
 */
export async function once(db: Knex, request: KeyedRequest, handle: (db: Knex) => Promise<Reply>): Promise<Reply> {
  const hash = createHash('sha256')
    .update(request.target)
    .update('\n')
    .update(JSON.stringify(request.body ?? null, inOrder))
    .digest()
  return db.transaction(async transaction => {
    const earlier = await keys.claim(transaction, request, hash)
    if (earlier !== undefined) {
      if (!earlier.request_hash.equals(hash)) throw conflict('this Idempotency-Key was used for another request')
      return { status: earlier.status, body: earlier.response }
    }
    const reply = await handle(transaction)
    await keys.complete(transaction, request, reply)
    return reply
  })
}
