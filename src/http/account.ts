import { callerName } from '../auth/caller.ts'
import type { ApiError } from '../errors.ts'
import type { Services } from '../services.ts'
import type { Passage } from './passage.ts'

/** Notes an answered request in the metrics, in its tenant's log of requests and in the server's log. */
export function account(
  contract: string,
  { log, metrics, requestLog }: Services,
  { exchange, operation, caller, tenantId, text }: Passage,
  { status, failure }: { status: number; failure: ApiError | undefined },
): void {
  const { milliseconds, path, search, requestId, request } = exchange
  const { operationId } = operation
  const callerText = callerName(caller)
  metrics.requests.observe({ contract, operation: operationId, status }, milliseconds / 1000)
  if (tenantId !== undefined) {
    requestLog.add(tenantId, {
      at: Date.now(),
      method: request.method!,
      path,
      search,
      requestId,
      headers: request.headers,
      body: text,
      operationId,
      status,
      milliseconds,
      caller: callerText,
    })
  }
  const line = {
    contract,
    operation: operationId,
    status,
    ms: Math.round(milliseconds * 100) / 100,
    caller: callerText,
    requestId,
    traceparent: request.headers.traceparent,
  }
  if (failure?.kind === 'internal') log.error({ ...line, err: failure.cause ?? failure }, 'request failed')
  else if (failure?.kind === 'unavailable') log.warn({ ...line, err: failure.cause }, failure.message)
  else log.info(line, failure === undefined ? 'request' : failure.message)
}
