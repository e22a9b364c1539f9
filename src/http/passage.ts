import { type Caller, callerName, isAudited } from '../auth/caller.ts'
import type { Exchange } from './exchange.ts'
import type { RoutedRequest, ServedOperation } from './router.ts'

/** What one request carries through openapi-backend, beside its context. */
export interface Passage {
  exchange: Exchange
  operation: ServedOperation
  routed: RoutedRequest
  caller: Caller
  tenantId: string | undefined
  /** Whose name the audit log has for it: an operator's, a board user's, or that of the service account that somebody claims to be. */
  actor: string | undefined
  /** Whether the actor is a service account, of which everything is on record. */
  isAccount: boolean
  /** Whether it stands in the audit log. */
  isRecorded: boolean
  /** The body as it came. */
  text: string | undefined
  /** What the answer says beside its own headers. */
  headers: Record<string, string> | undefined
}

/** Notes who calls. */
export function identify(passage: Passage, caller: Caller): void {
  passage.caller = caller
  if ('tenantId' in caller) passage.tenantId = caller.tenantId
  if (!isAudited(caller)) return
  passage.actor = callerName(caller)
  passage.isAccount = caller.kind === 'serviceAccount'
}
