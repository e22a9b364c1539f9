import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { energyPeriod } from '../../../src/energy/energyPeriod.ts'
import * as energy from '../../../src/store/energy.ts'

export const getAggregatedEnergy: Handlers['getAggregatedEnergy'] = async ({ db, caller, query }) => {
  const period = energyPeriod(query, new Date())
  const { site_ids: siteIds, group_by: groupBy } = query
  const sums = await energy.aggregate(db, caller.tenantId, period, { siteIds, groupBy })
  return success({ granularity: period.granularity, timezone: period.timeZone, ...sums })
}
