import { kept } from '../audit/auditRecord.ts'
import { type BoardCaller, callerName } from '../auth/caller.ts'
import { conflict, invalid, unavailable } from '../errors.ts'
import type { Outcome } from '../ocpp/action.ts'
import { maskPayload, maskText } from '../ocpp/masking.ts'
import { callStation as call } from '../ocpp/remoteCalls.ts'
import { check } from '../ocpp/schemas.ts'
import type { Services } from '../services.ts'
import * as auditLogs from '../store/auditLogs.ts'
import * as connections from '../store/boardConnections.ts'
import { protocolOf } from '../store/ocppCommands.ts'
import { rounded } from './items.ts'

/** How long a station may take where nothing else is asked for, in seconds. */
const PATIENCE = 30

interface Asked {
  identity: string
  action: string
  payload?: Record<string, unknown>
  timeoutSeconds?: number
}

/**
 * Sends a call of a board's user to a station and waits for the answer. It stands in the audit log before it is sent.
 *
 * @returns undefined when the tenant has no such station
 * @throws invalid for what the station's version does not have, conflict when it is not connected, unavailable when it
 * does not answer in time, or too many calls wait for it
 */
export async function callStation(services: Services, caller: BoardCaller, asked: Asked) {
  const { db } = services
  const { tenantId } = caller
  const { identity, action, payload = {}, timeoutSeconds = PATIENCE } = asked
  if ((await connections.find(db, tenantId, identity)) === undefined) return undefined
  const protocol = await protocolOf(db, tenantId, identity)
  if (protocol === undefined) throw conflict('The station is not connected')
  const breach = check(protocol, action, 'request', payload)
  if (breach !== undefined) throw invalid('payload', breach.description)
  await auditLogs.storeUnderway(db, tenantId, { identity, action, payload: kept(maskPayload(payload)) })
  const sentAt = performance.now()
  const outcome = await call(services, {
    tenantId,
    identity,
    action,
    payload,
    requestedBy: callerName(caller),
    timeoutSeconds,
    mayMove: true,
  })
  return answerOf(outcome, rounded(performance.now() - sentAt))
}

function answerOf(outcome: Outcome, responseTime: number) {
  switch (outcome.kind) {
    case 'result':
      return { status: 'result' as const, payload: maskPayload(outcome.payload), responseTime }
    case 'error': {
      const { code, description, details } = outcome
      const [errorCode, errorDescription] = [code.slice(0, 255), maskText(description).slice(0, 1000)]
      return { status: 'error' as const, errorCode, errorDescription, payload: maskPayload(details), responseTime }
    }
    case 'timeout':
      throw unavailable('The station did not answer in time')
    case 'busy':
      throw unavailable('Too many calls wait for the station')
    case 'offline':
      throw conflict('The station is not connected')
  }
}
