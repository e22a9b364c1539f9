import type { components } from '../../../generated/board/types.ts'
import { invalid } from '../../errors.ts'
import type { SiteChargingOfTenant } from '../../store/siteCharging.ts'
import type { ConnectorRange, SiteCharging } from './settings.ts'

type Input = components['schemas']['SmartChargingInput']
type Shown = components['schemas']['SmartCharging']

/** @throws invalid for what cannot be together */
export function readSettings(body: Input): SiteCharging {
  const { windows = [], prices = null, connectors = [] } = body
  if (body.strategy === 'time_of_use' && windows.length === 0 && prices === null)
    throw invalid('windows', 'time_of_use needs windows or prices')
  for (const connector of connectors) checkRange(connector)
  return {
    enabled: body.enabled ?? true,
    limitKw: body.limitKw,
    marginPercent: body.marginPercent ?? 0,
    strategy: body.strategy,
    priorities: body.priorities ?? {},
    timeZone: body.timeZone ?? null,
    windows,
    prices,
    connectors,
  }
}

function checkRange({ identity, minimumKw = 0, maximumKw = Number.POSITIVE_INFINITY }: ConnectorRange): void {
  if (minimumKw > maximumKw) throw invalid('connectors', `the minimum of ${identity} is above its maximum`)
}

/** What was set, as it is shown. */
export const toSmartCharging = ({ zone, tenantId, ...site }: SiteChargingOfTenant): Shown => ({
  ...site,
  timeZone: zone,
})
