import type { Knex } from 'knex'

/** Where the past is read from. Samples are left out: they are too many to be worth telling afterwards. */
const TABLES: Record<string, { at: string; columns: string; from?: string }> = {
  // A charger may say much in an event; what is long is not worth reading here.
  'telemetry.device_events': {
    at: 'received_at',
    columns: `event_id, connector_id, event_type,
      case when pg_column_size(data) > 2048 then '{"omitted": true}' else data end as data`,
  },
  'core.commands': { at: 'created_at', columns: 'command_id, connector_id, command, status' },
  'core.charging_records': {
    from: 'core.current_records',
    at: 'created_at',
    columns: 'record_id, connector_id, energy_kwh, stop_reason',
  },
  'core.firmware_reports': { at: 'received_at', columns: 'report_id, firmware_version, status' },
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
    Object.entries(TABLES).map(async ([table, { at, columns, from = table }]) => {
      const rows = await db(from)
        .select('device_id', at, db.raw(columns))
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
