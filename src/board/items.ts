import type { ConnectionRow } from '../store/boardConnections.ts'
import type { ChargingDecisionRow, ProxyEventRow, SecurityEventRow, SystemEventRow } from '../store/boardEvents.ts'
import type { MessageRow } from '../store/boardMessages.ts'
import type { StationRow } from '../store/boardStations.ts'
import type { IdTag } from '../store/idTags.ts'
import type { Proxy as StationProxy } from '../store/proxies.ts'

/** Rows as the board shows them, in lists and in streams alike. */

const instant = (time: Date) => time.toISOString()
const instantOrNull = (time: Date | null) => time?.toISOString() ?? null
/** Milliseconds, to the microsecond. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000

const messageFacts = ({ message_id, identity, method, direction, type, timestamp }: MessageRow) => ({
  id: `msg-${message_id}`,
  identity,
  method,
  direction,
  type,
  timestamp,
})

/** A frame that parses. Only one that was taken although it breaks its schema says what is wrong with it. */
export const toMessage = (row: MessageRow) => ({
  ...messageFacts(row),
  payload: row.payload,
  responseTime: row.response_ms === null ? null : rounded(row.response_ms),
  ...(row.violation === null ? {} : { violation: row.violation }),
})

/** A CALLERROR, or a frame that does not parse. */
export const toErrorMessage = (row: MessageRow) => ({
  ...messageFacts(row),
  errorCode: row.error_code,
  payload: row.payload,
  violation: row.violation,
  raw: row.raw,
})

export const toConnection = (row: ConnectionRow) => ({
  identity: row.identity,
  remoteAddress: row.remote_address,
  protocol: row.protocol,
  connectedAt: row.connected_at,
  disconnectedAt: row.disconnected_at,
  status: row.disconnected_at === null ? ('online' as const) : ('offline' as const),
  messageCount: Number(row.message_count),
  errorCount: Number(row.error_count),
  lastMessageAt: row.last_message_at,
})

/** A station; of its password only whether there is one. */
export const toStation = (row: StationRow) => ({
  identity: row.identity,
  siteId: row.site_id,
  deviceId: row.device_id,
  validation: row.validation,
  hasPassword: row.password_hash !== null,
  registration: row.registration,
  vendor: row.vendor,
  model: row.model,
  serialNumber: row.serial_number,
  firmwareVersion: row.firmware_version,
  bootedAt: instantOrNull(row.booted_at),
  status: row.connection_id !== null && row.disconnected_at === null ? ('online' as const) : ('offline' as const),
  protocol: row.protocol,
  createdAt: instant(row.created_at),
  updatedAt: instant(row.updated_at),
})

export const toIdTag = ({ expiresAt, ...tag }: IdTag) => ({ ...tag, expiresAt: instantOrNull(expiresAt) })

export const toSecurityEvent = (row: SecurityEventRow) => ({
  id: `evt-${row.event_id}`,
  category: row.category,
  identity: row.identity,
  message: row.message,
  severity: row.severity,
  details: row.details,
  timestamp: instant(row.time),
})

export const toSystemEvent = ({ event_id, time, ...event }: SystemEventRow) => ({
  id: `sys-${event_id}`,
  ...event,
  timestamp: instant(time),
})

export const toChargingSession = (row: ChargingDecisionRow) => ({
  sessionId: `sc-${row.decision_id}`,
  identity: row.identity,
  strategy: row.strategy,
  allocatedKw: row.allocated_kw,
  status: row.status,
  startedAt: instant(row.started_at),
  updatedAt: instant(row.updated_at),
})

export const toProxyEvent = (row: ProxyEventRow) => ({
  id: `px-${row.event_id}`,
  type: row.type,
  fromProtocol: row.from_protocol,
  toProtocol: row.to_protocol,
  method: row.method,
  timestamp: instant(row.time),
})

/** A station's proxy; its password is never shown. */
export const toProxy = ({ tenantId, password, updatedAt, ...proxy }: StationProxy) => ({
  ...proxy,
  hasPassword: password !== null,
  updatedAt: instant(updatedAt),
})
