import type { Knex } from 'knex'
import * as idTags from '../store/idTags.ts'
import * as tenants from '../store/tenants.ts'
import { TENANTS } from './fleet.ts'

/** Enough to see every answer; two tenants say different things of one tag. */
const TAGS: Record<string, idTags.IdTag[]> = {
  acme: [
    { idTag: 'DEMO-ACCEPTED', status: 'Accepted', expiresAt: null, parentIdTag: 'DEMO-FLEET' },
    { idTag: 'DEMO-BLOCKED', status: 'Blocked', expiresAt: null, parentIdTag: null },
    { idTag: 'DEMO-EXPIRED', status: 'Accepted', expiresAt: new Date('2026-01-01T00:00:00Z'), parentIdTag: null },
  ],
  borealis: [{ idTag: 'DEMO-ACCEPTED', status: 'Blocked', expiresAt: null, parentIdTag: null }],
}

/** Gives the demo tenants a few tags, and lets unknown ones charge, so that any simulator can. */
export async function seedIdTags(db: Knex): Promise<void> {
  for (const { slug } of TENANTS) {
    const tenantId = await tenants.findBySlug(db, slug)
    if (tenantId === undefined) continue
    await idTags.setUnknown(db, tenantId, 'accept')
    for (const tag of TAGS[slug] ?? []) await idTags.put(db, tenantId, tag)
  }
}
