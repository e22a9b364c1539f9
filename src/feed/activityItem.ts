/** One line of the live traffic feed. */
export interface ActivityItem {
  timestamp: string
  type: string
  device_id: string
  connector_id: number | null
  summary: string
  data: Record<string, unknown>
}

/** The columns that the tables of the feed name alike, each table some of them. */
interface Row {
  device_id: string
  connector_id: number | null
  state: string
  power_kw: number
  soc_percent: number | null
  energy_delivered_kwh: number
  event_type: string
  data: Record<string, unknown>
  command: string
  command_id: string
  status: string
  record_id: string
  energy_kwh: string
  stop_reason: string
  firmware_version: string
}

/** Of an event's data more is not repeated here, in characters. */
const LONGEST = 2048

/** What is the same for a row of the feed and the row of its table. Samples have none: their table is not read. */
export function identityOf(table: string, row: Record<string, unknown>): string | undefined {
  const id = row.event_id ?? row.report_id ?? row.command_id ?? row.record_id
  return id === undefined ? undefined : `${table} ${id} ${row.status}`
}

const DESCRIPTIONS: Record<string, (row: Row) => Omit<ActivityItem, 'timestamp'>> = {
  'telemetry.readings': row => ({
    type: 'telemetry',
    device_id: row.device_id,
    connector_id: row.connector_id,
    summary: `${row.state} at ${row.power_kw} kW${row.soc_percent === null ? '' : `, ${row.soc_percent} %`}`,
    data: { state: row.state, power: row.power_kw, soc: row.soc_percent, energy_delivered: row.energy_delivered_kwh },
  }),
  'telemetry.device_events': row => ({
    type: 'event',
    device_id: row.device_id,
    connector_id: row.connector_id,
    summary: row.event_type,
    data: JSON.stringify(row.data).length > LONGEST ? { omitted: true } : row.data,
  }),
  'core.commands': row => ({
    type: row.status === 'queued' ? 'command' : 'command_status',
    device_id: row.device_id,
    connector_id: row.connector_id,
    summary: `${row.command} ${row.status}`,
    data: { command_id: row.command_id, command: row.command, status: row.status },
  }),
  'core.charging_records': row => ({
    type: 'charging_record',
    device_id: row.device_id,
    connector_id: row.connector_id,
    summary: `${Number(row.energy_kwh)} kWh, ${row.stop_reason}`,
    data: { record_id: row.record_id, energy: Number(row.energy_kwh), stop_reason: row.stop_reason },
  }),
  'core.firmware_reports': row => ({
    type: 'firmware',
    device_id: row.device_id,
    connector_id: null,
    summary: `${row.firmware_version} ${row.status}`,
    data: { firmware_version: row.firmware_version, status: row.status },
  }),
}

/** The tables whose rows are activity. */
export const ACTIVITY_TABLES = Object.keys(DESCRIPTIONS)

/** How a row of a table reads, whether it comes from the feed or from the table itself. */
export const describeRow = (table: string, at: Date, row: Record<string, unknown>): ActivityItem => ({
  timestamp: at.toISOString(),
  ...DESCRIPTIONS[table]!(row as unknown as Row),
})
