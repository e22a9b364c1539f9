import type { Knex } from 'knex'
import type pg from 'pg'
import { type Role, RoleTokens } from '../auth/roleTokens.ts'
import type { Config } from '../config.ts'
import { PlainInserts } from '../ingest/plainInserts.ts'
import { LeasedBuckets } from '../limits/leasedBuckets.ts'
import { lease } from '../store/rateBuckets.ts'

/** What a server process has open for callers that act as a database role. */
export interface Rest {
  tokens: RoleTokens
  /** Counts one request of a key, or of an address without a valid one. @throws tooMany when its bucket is empty */
  count(key: string, tier: keyof Config['tiers']): Promise<Record<string, string>>
  pools: Record<Role, pg.Pool>
  inserts: PlainInserts
}

/** @returns undefined when there is no secret that tokens could be checked with */
export function openRest(
  { fluxJwtSecret, fluxRoleMap, tiers, ingestQueue }: Config,
  db: Knex,
  pools: Record<Role, pg.Pool>,
  observe: (rows: number) => void,
): Rest | undefined {
  if (fluxJwtSecret === undefined) return undefined
  const buckets = new LeasedBuckets((key, wanted) => lease(db, key, wanted))
  return {
    tokens: new RoleTokens(fluxJwtSecret, fluxRoleMap),
    count: (key, tier) => buckets.take(`${tier} ${key}`, tiers[tier]),
    pools,
    inserts: new PlainInserts(pools, { queueLimit: ingestQueue, observe }),
  }
}
