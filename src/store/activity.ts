import type { Knex } from 'knex'

/** Where the past is read from. Samples are left out: they are too many to be worth telling afterwards. */
const TABLES = {
  'telemetry.device_events': 'received_at',
  'core.commands': 'created_at',
  'core.charging_records': 'created_at',
  'core.firmware_reports': 'received_at',
}

/** A row of one of the tables. */
export interface StoredRow {
  table: string
  at: Date
  row: Record<string, unknown>
}

/** A tenant's latest rows before an instant, oldest first. */
export async function before(db: Knex, tenantId: string, instant: Date, limit: number): Promise<StoredRow[]> {
  const lists = await Promise.all(
    Object.entries(TABLES).map(async ([table, at]) => {
      const rows = await db(table)
        .where({ tenant_id: tenantId })
        .where(at, '<', instant)
        .orderBy(at, 'desc')
        .limit(limit)
      return rows.map(row => ({ table, at: row[at] as Date, row }))
    }),
  )
  return lists
    .flat()
    .sort((a, b) => a.at.getTime() - b.at.getTime())
    .slice(-limit)
}
