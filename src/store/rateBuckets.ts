import type { Knex } from 'knex'

export interface Lease {
  /** Tokens that are the caller's now. */
  granted: number
  /** Tokens that are left for everybody. */
  remaining: number
}

/** Takes up to `wanted` whole tokens out of a shared bucket that holds at most `burst`. */
export async function lease(
  db: Knex,
  key: string,
  { burst, perSecond, wanted }: { burst: number; perSecond: number; wanted: number },
): Promise<Lease> {
  const { rows } = await db.raw<{ rows: Lease[] }>(
    'select granted, remaining from ops.lease_tokens(:key, :burst, :perSecond, :wanted)',
    { key, burst, perSecond, wanted },
  )
  return rows[0]!
}

/** A bucket that nobody has used for so long is full again, and the same as none. */
export async function removeIdle(db: Knex): Promise<number> {
  return db('ops.rate_buckets').whereRaw(`at < now() - interval '1 hour'`).delete()
}
