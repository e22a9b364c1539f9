import type { Knex } from 'knex'
import { given, type List, type Listing, type Period, readList, readPages, within } from './boardLists.ts'
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

const SECURITY_COLUMNS = ['event_id', 'category', 'identity', 'message', 'severity', 'details', 'time']
const SYSTEM_COLUMNS = ['event_id', 'type', 'identity', 'message', 'details', 'time']
const NEWEST_FIRST = 'time desc, event_id desc'

/** Security events, newest first. */
export const listSecurityEvents = (
  db: Knex,
  tenantId: string,
  filter: SecurityFilter,
): Promise<List<SecurityEventRow>> =>
  readList(db, securityEventsOf(db, tenantId, filter), { columns: SECURITY_COLUMNS, order: NEWEST_FIRST }, filter)

/** The same without an end, page by page. */
export const securityEventPages = (
  db: Knex,
  tenantId: string,
  filter: SecurityFilter,
): AsyncGenerator<SecurityEventRow[]> =>
  readPages(db, securityEventsOf(db, tenantId, filter), { columns: SECURITY_COLUMNS, id: 'event_id' }, filter)

const securityEventsOf = (db: Knex, tenantId: string, { category, severity, ...period }: SecurityFilter) =>
  within(db('ocpp.security_events').where({ tenant_id: tenantId, ...given({ category, severity }) }), 'time', period)

/** System events, newest first. */
export const listSystemEvents = (
  db: Knex,
  tenantId: string,
  filter: StationFilter & Period,
): Promise<List<SystemEventRow>> =>
  readList(db, systemEventsOf(db, tenantId, filter), { columns: SYSTEM_COLUMNS, order: NEWEST_FIRST }, filter)

/** The same without an end, page by page. */
export const systemEventPages = (
  db: Knex,
  tenantId: string,
  filter: StationFilter & Period,
): AsyncGenerator<SystemEventRow[]> =>
  readPages(db, systemEventsOf(db, tenantId, filter), { columns: SYSTEM_COLUMNS, id: 'event_id' }, filter)

const systemEventsOf = (db: Knex, tenantId: string, { identity, ...period }: StationFilter & Period) =>
  within(db('ocpp.system_events').where({ tenant_id: tenantId, ...given({ identity }) }), 'time', period)

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
