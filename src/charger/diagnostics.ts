import type { Knex } from 'knex'
import { kept } from '../audit/auditRecord.ts'
import { callerName, type OperatorCaller } from '../auth/caller.ts'
import { ApiError, conflict, invalid, notFound } from '../errors.ts'
import type { DiagnosticName, RiskClass } from '../store/commands.ts'
import * as commands from '../store/commands.ts'
import * as connectorLookup from '../store/connectorLookup.ts'
import * as connectors from '../store/connectors.ts'

/** How much each may disturb, as its proposal says. */
const RISK: Record<DiagnosticName, RiskClass> = {
  reboot: 'low',
  soft_reset: 'low',
  force_reconnect: 'low',
  fetch_logs: 'low',
  run_self_test: 'medium',
  calibrate_sensor: 'medium',
  reset_contactor_counter: 'low',
  reset_fan_counter: 'low',
  reset_power_module: 'medium',
}

const SCOPE = 'diagnostics:write'

export interface Diagnostic {
  command: DiagnosticName
  params?: { connector_id?: number; since?: string; until?: string; [name: string]: unknown }
  customer_authorization_ref?: string | null
  force?: boolean
}

/**
 * Queues a diagnostic command for a charger. The contract has checked its parameters; what depends on the caller and on
 * the charger is checked here.
 *
 * @throws forbidden for one of medium risk without its scope, notFound for a charger of another tenant or a connector
 * that was never seen, conflict while a session is running unless that is forced
 */
export async function requestDiagnostic(
  db: Knex,
  caller: OperatorCaller,
  target: { deviceId: string; expiresIn: number },
  { command, params = {}, customer_authorization_ref, force = false }: Diagnostic,
) {
  const { deviceId, expiresIn } = target
  const risk_class = RISK[command]
  const connectorId = command === 'calibrate_sensor' ? (params.connector_id ?? null) : null
  if (risk_class === 'medium' && !caller.scopes.has(SCOPE))
    throw new ApiError('forbidden', `this needs the scope ${SCOPE}`, { details: { scope: SCOPE }, caller })
  checkPeriod(params)
  if (!(await connectorLookup.exists(db, caller.tenantId, deviceId, connectorId)))
    throw notFound(connectorId === null ? 'device' : 'connector')
  if (risk_class === 'medium' && !force && (await connectors.inSession(db, deviceId)))
    throw conflict('a session is running; force asks for it nevertheless')
  const asked = {
    tenantId: caller.tenantId,
    deviceId,
    connectorId,
    command,
    params,
    requestedBy: callerName(caller),
    expiresIn,
    riskClass: risk_class,
    customerAuthorizationRef: customer_authorization_ref ?? null,
  }
  const [command_id] = await commands.queue(db, [asked], { params: kept(params), ...(force && { forced: true }) })
  return { command_id: command_id!, status: 'queued' as const, risk_class }
}

function checkPeriod({ since, until }: NonNullable<Diagnostic['params']>): void {
  if (since !== undefined && until !== undefined && Date.parse(until) <= Date.parse(since))
    throw invalid('params.until', 'params.until is not after params.since')
}
