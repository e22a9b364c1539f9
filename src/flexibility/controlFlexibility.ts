import type { Knex } from 'knex'
import { callerName, type OperatorCaller } from '../auth/caller.ts'
import { invalid, notFound } from '../errors.ts'
import type { Jobs } from '../jobs/jobs.ts'
import * as commands from '../store/commands.ts'
import * as flexibility from '../store/flexibility.ts'
import { spreadPower } from './spreadPower.ts'

export interface FlexibilityRequest {
  target_type: 'site' | 'operator' | 'all'
  target_ids?: string[]
  command: 'set_power_limit' | 'pause_charging' | 'discharge'
  params: {
    /** kW for each site */
    power_limit?: number
    /** % of each site's power capacity */
    power_limit_percent?: number
    /** kW for each site */
    discharge_power?: number
    /** seconds */
    duration: number
    /** % */
    min_soc?: number
    reason?: string
  }
}

interface Means {
  db: Knex
  jobs: Jobs
  caller: OperatorCaller
  /** seconds */
  commandExpirySeconds: number
}

/**
 * Turns a control of sites into commands for their connectors, and asks for its end. The power of a site is spread over
 * its connectors; a pause is a limit of 0 kW, so that sessions go on when it is lifted.
 *
 * @throws notFound for a target that is not the tenant's, and then nothing is queued
 */
export async function controlFlexibility(
  { db, jobs, caller, commandExpirySeconds }: Means,
  request: FlexibilityRequest,
) {
  check(request)
  return db.transaction(async transaction => {
    const sites = await findTargets(transaction, caller.tenantId, request)
    const { duration } = request.params
    const requestedBy = callerName(caller)
    const control = await flexibility.create(transaction, { tenantId: caller.tenantId, request, requestedBy, duration })
    const connectors = await flexibility.connectorsOf(transaction, sites)
    const queued = sites
      .flatMap(site =>
        commandsFor(
          request,
          connectors.filter(({ site_id }) => site_id === site),
        ),
      )
      .map(command => ({
        ...command,
        tenantId: caller.tenantId,
        requestedBy,
        expiresIn: Math.min(commandExpirySeconds, duration),
        controlId: control.control_id,
      }))
    const ids = await commands.queue(transaction, queued)
    await jobs.sendAt(transaction, 'lift-flexibility', { controlId: control.control_id }, control.ends_at)
    return {
      control_id: control.control_id,
      status: 'executing' as const,
      commands: ids.map((command_id, index) => ({
        command_id,
        device_id: queued[index]!.deviceId,
        connector_id: queued[index]!.connectorId,
      })),
    }
  })
}

function check({ target_type, target_ids, command, params }: FlexibilityRequest): void {
  if (target_type !== 'all' && target_ids === undefined)
    throw invalid('target_ids', `target_ids is required for the target ${target_type}`)
  const power = command === 'discharge' ? params.discharge_power : params.power_limit
  if (command !== 'pause_charging' && power === undefined && params.power_limit_percent === undefined) {
    const field = command === 'discharge' ? 'discharge_power' : 'power_limit'
    throw invalid(`params.${field}`, `${command} needs params.${field} or params.power_limit_percent`)
  }
}

async function findTargets(
  db: Knex,
  tenantId: string,
  { target_type, target_ids = [] }: FlexibilityRequest,
): Promise<string[]> {
  const wanted = [...new Set(target_ids)]
  const sites = await flexibility.findSites(db, tenantId, target_type, wanted)
  if (target_type === 'site' && sites.length !== wanted.length) throw notFound('site')
  if (target_type === 'operator' && !(await flexibility.ownsOperators(db, tenantId, wanted))) throw notFound('operator')
  return sites.map(({ site_id }) => site_id)
}

/** The commands for the connectors of one site. */
function commandsFor({ command, params }: FlexibilityRequest, connectors: flexibility.TargetConnector[]) {
  const capacity = connectors[0]?.power_capacity_kw ?? 0
  const share = (params.power_limit_percent ?? 0) / 100
  const reason = params.reason
  if (command === 'discharge') {
    const able = connectors.filter(({ discharge_rating_kw }) => discharge_rating_kw !== null)
    const power = params.discharge_power ?? capacity * share
    const shares = spreadPower(
      power,
      able.map(({ discharge_rating_kw }) => discharge_rating_kw!),
    )
    return able.map((connector, index) =>
      commandTo(connector, 'discharge', {
        discharge_power: shares[index],
        duration: params.duration,
        min_soc: params.min_soc,
        reason,
      }),
    )
  }
  const power = command === 'pause_charging' ? 0 : (params.power_limit ?? capacity * share)
  const shares = spreadPower(
    power,
    connectors.map(({ rating_kw }) => rating_kw),
  )
  return connectors.map((connector, index) =>
    commandTo(connector, 'set_power_limit', { power_limit: shares[index], duration: params.duration, reason }),
  )
}

function commandTo(
  { device_id, connector_id }: flexibility.TargetConnector,
  command: commands.CommandName,
  params: Record<string, unknown>,
) {
  return { deviceId: device_id, connectorId: connector_id, command, params: { connector_id, ...params } }
}
