import type { Passage } from '../http/passage.ts'
import { pathAndQuery } from '../http/requestLog.ts'
import type { Action } from './actionUnderway.ts'
import { type AuditRecord, detailsOf, deviceOf } from './auditRecord.ts'

/** What a request of a known actor does, before its answer is known. */
export function actionOf({ exchange, operation, actor }: Passage): Action {
  return {
    actor: actor!,
    action: operation.operationId,
    method: exchange.request.method!,
    path: pathAndQuery(exchange.path, exchange.search),
    requestId: exchange.requestId,
    address: exchange.address,
  }
}

/** The row of the audit log for a request of a known actor and its answer. */
export function recordOf(passage: Passage, status: number, answer: unknown): AuditRecord {
  const { operation, routed, tenantId } = passage
  const asked = { template: operation.path, params: routed.route.params, body: routed.body }
  const common = { tenantId: tenantId!, status, deviceId: deviceOf(asked, answer), details: detailsOf(asked, answer) }
  return { ...actionOf(passage), ...common }
}
