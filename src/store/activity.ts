import type { Knex } from 'knex'
import { type ActivityItem, describeRow, identityOf } from '../activity.ts'

/** Where the past is read from. Samples are left out: they are too many to be worth telling afterwards. */
const TABLES = {
  'telemetry.device_events': 'received_at',
  'core.commands': 'created_at',
  'core.charging_records': 'created_at',
  'core.firmware_reports': 'received_at',
}

export interface StoredItem {
  identity: string | undefined
  item: ActivityItem
}

/** A tenant's latest items before an instant, oldest first. */
export async function before(db: Knex, tenantId: string, instant: Date, limit: number): Promise<StoredItem[]> {
  const lists = await Promise.all(
    Object.entries(TABLES).map(async ([table, at]) => {
      const rows = await db(table)
        .where({ tenant_id: tenantId })
        .where(at, '<', instant)
        .orderBy(at, 'desc')
        .limit(limit)
      return rows.map(row => ({
        identity: identityOf(table, row),
        item: { timestamp: row[at].toISOString() as string, ...describeRow[table]!(row) },
      }))
    }),
  )
  return lists
    .flat()
    .sort((a, b) => a.item.timestamp.localeCompare(b.item.timestamp))
    .slice(-limit)
}
