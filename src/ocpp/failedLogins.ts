import type { Knex } from 'knex'
import * as securityEvents from '../store/securityEvents.ts'

/** A login of a station, or one to the board, that failed. */
export interface FailedLogin {
  tenantId: string
  /** The name that was given; `UNKNOWN` on the board. */
  identity: string
  /** Where it came from. */
  address: string
  message: string
}

/** Notes a failed login, and how many there have been of its name from its address, whichever processes they came to. */
export async function noteFailedLogin(db: Knex, login: FailedLogin): Promise<void> {
  const { tenantId, identity, address: ip, message } = login
  await db.transaction(async transaction => {
    const attempt = await securityEvents.nextAttempt(transaction, { tenantId, identity, ip })
    const severity = severityOf(attempt)
    const details = { ip, attempt }
    await securityEvents.add(transaction, { tenantId, identity, category: 'AUTH_FAILED', message, severity, details })
  })
}

/** How bad a failed login is, by how many there were. */
export function severityOf(attempt: number): securityEvents.Severity {
  if (attempt <= 2) return 'low'
  if (attempt <= 5) return 'medium'
  return attempt <= 10 ? 'high' : 'critical'
}
