import type { Knex } from 'knex'
import { given, type List, type Listing, type Period, readList, within } from './boardLists.ts'
import type { Severity } from './securityEvents.ts'

export interface SecurityEventRow {
  event_id: string
  category: string
  identity: string
  message: string
  severity: Severity
  details: Record<string, unknown>
  time: Date
}

export interface SystemEventRow {
  event_id: string
  type: string
  identity: string | null
  message: string
  details: Record<string, unknown>
  time: Date
}

export interface ProxyEventRow {
  event_id: string
  type: string
  from_protocol: string
  to_protocol: string
  method: string
  time: Date
}

export interface ChargingDecisionRow {
  decision_id: string
  identity: string
  strategy: string
  allocated_kw: number
  status: string
  started_at: Date
  updated_at: Date
}

type SecurityFilter = Listing & Period & { category?: string; severity?: Severity }
type StationFilter = Listing & { identity?: string }

/** Security events, newest first. */
export async function listSecurityEvents(
  db: Knex,
  tenantId: string,
  { category, severity, ...filter }: SecurityFilter,
): Promise<List<SecurityEventRow>> {
  const rows = db('ocpp.security_events').where({ tenant_id: tenantId, ...given({ category, severity }) })
  const columns = ['event_id', 'category', 'identity', 'message', 'severity', 'details', 'time']
  return readList(db, within(rows, 'time', filter), { columns, order: 'time desc, event_id desc' }, filter)
}

/** System events, newest first. */
export async function listSystemEvents(
  db: Knex,
  tenantId: string,
  { identity, ...filter }: StationFilter & Period,
): Promise<List<SystemEventRow>> {
  const rows = db('ocpp.system_events').where({ tenant_id: tenantId, ...given({ identity }) })
  const columns = ['event_id', 'type', 'identity', 'message', 'details', 'time']
  return readList(db, within(rows, 'time', filter), { columns, order: 'time desc, event_id desc' }, filter)
}

/** What the proxy did, newest first. */
export async function listProxyEvents(
  db: Knex,
  tenantId: string,
  { identity, ...listing }: StationFilter,
): Promise<List<ProxyEventRow>> {
  const rows = db('ocpp.proxy_events').where({ tenant_id: tenantId, ...given({ identity }) })
  const columns = ['event_id', 'type', 'from_protocol', 'to_protocol', 'method', 'time']
  return readList(db, rows, { columns, order: 'event_id desc' }, listing)
}

/** What smart charging decided, newest first. */
export async function listChargingDecisions(
  db: Knex,
  tenantId: string,
  { identity, ...listing }: StationFilter,
): Promise<List<ChargingDecisionRow>> {
  const rows = db('ocpp.charging_decisions').where({ tenant_id: tenantId, ...given({ identity }) })
  const columns = ['decision_id', 'identity', 'strategy', 'allocated_kw', 'status', 'started_at', 'updated_at']
  return readList(db, rows, { columns, order: 'decision_id desc' }, listing)
}
