import type { Knex } from 'knex'
import * as securityEvents from '../store/securityEvents.ts'
import type { Station } from './action.ts'
import { fingerprint } from './fingerprint.ts'
import { isDated } from './liveTime.ts'
import { maskPayload } from './masking.ts'
import { severityOf } from './securityEventSeverity.ts'

/** A SecurityEventNotification, which is the same in every version. */
interface SecurityEventReport {
  type: string
  timestamp: string
  techInfo?: string | null
}

/**
 * Notes what a station reports that concerns security. A retry is no second event; by a clock that was never set, nobody
 * can tell a retry from what happens again, and each is one.
 */
export async function noteReport(
  db: Knex,
  { tenantId, identity }: Station,
  report: SecurityEventReport,
): Promise<void> {
  const { type, timestamp, techInfo } = maskPayload({ ...report })
  const event = {
    tenantId,
    identity,
    category: 'STATION_REPORTED',
    message: techInfo ? `${type}: ${techInfo}` : type,
    severity: severityOf(type),
    details: { type, timestamp, techInfo },
  }
  await securityEvents.add(db, event, isDated(timestamp) ? fingerprint(type, timestamp, techInfo) : undefined)
}
