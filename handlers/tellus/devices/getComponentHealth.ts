import type { Handlers } from '../../../generated/tellus/index.ts'
import { verdictsOn, worst } from '../../../src/componentHealth/verdicts.ts'
import { isolationTrend, remainingLife } from '../../../src/componentHealth/wear.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { notFound } from '../../../src/errors.ts'
import * as componentHealth from '../../../src/store/componentHealth.ts'
import * as counterResets from '../../../src/store/counterResets.ts'

export const getComponentHealth: Handlers['getComponentHealth'] = async ({ db, caller, path, config }) => {
  const reports = await componentHealth.daily(db, caller.tenantId, path.id)
  const latest = reports.at(-1)
  if (latest === undefined) throw notFound('report of its parts')
  const isolation_trend = isolationTrend(reports, config.componentThresholds)
  const verdicts = verdictsOn(latest.component_health, isolation_trend, config.componentThresholds)
  const verdict = worst(verdicts.map(({ verdict }) => verdict))
  const remaining_life = remainingLife(reports)
  const counters = await counterResets.list(db, path.id)
  const judged = { verdict, verdicts, remaining_life, isolation_trend, counters }
  return success({ device_id: path.id.toLowerCase(), ...latest, ...judged })
}
