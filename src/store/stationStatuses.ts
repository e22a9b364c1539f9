import type { Knex } from 'knex'
import type { Station } from '../ocpp/action.ts'

/** How far a station is with something that takes long. */
export interface StationStatus {
  subject: 'firmware' | 'published_firmware' | 'diagnostics' | 'log'
  /** The request that asked for it; OCPP 1.6 mostly names none. */
  requestId: number | undefined
  status: string
  details?: Record<string, unknown>
  at: Date
}

/** Keeps the newest status of a request. */
export async function store(
  db: Knex,
  { tenantId, identity }: Station,
  { subject, requestId, status, details = {}, at }: StationStatus,
): Promise<void> {
  await db('ocpp.station_statuses')
    .insert({
      tenant_id: tenantId,
      identity,
      subject,
      request_id: requestId ?? null,
      status,
      details: JSON.stringify(details),
      reported_at: at,
    })
    .onConflict(['identity', 'subject', 'request_id'])
    .merge(['status', 'details', 'reported_at'])
}
