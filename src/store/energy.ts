import type { Knex } from 'knex'
import type { EnergyPeriod } from '../energy/energyPeriod.ts'
import { invalid } from '../errors.ts'
import { instant } from './instant.ts'

/** Energies in kWh, both counted positive; the highest power of any record in kW. */
export interface Energy {
  charge_energy: number
  discharge_energy: number
  max_power: number
}

export interface EnergySeries {
  /** By time; `timestamp` is the start of the bucket. Buckets without a record are left out. */
  series: (Energy & { timestamp: string })[]
  total: Energy
}

/** The part of a site or an operator; `id` and `name` are null for what belongs to none. */
export interface EnergyGroup extends EnergySeries {
  id: string | null
  name: string | null
}

export type GroupBy = 'site' | 'operator'

interface Row extends Energy {
  /** Null in the sums of the whole period. */
  timestamp: string | null
  /** Whether the row is about one group. */
  grouped: boolean
  id: string | null
  name: string | null
}

/** Where a record's group comes from. */
const GROUPS: Record<GroupBy, { id: string; name: string; joins: string }> = {
  site: {
    id: 's.site_id',
    name: 's.name',
    joins: 'left join core.sites s on s.site_id = c.site_id and s.tenant_id = :tenant',
  },
  operator: {
    id: 'o.operator_id',
    name: 'o.name',
    joins: `
      left join core.sites s on s.site_id = c.site_id and s.tenant_id = :tenant
      left join core.operators o on o.operator_id = s.operator_id and o.tenant_id = :tenant`,
  },
}

const UNGROUPED = {
  site: 'null',
  joins: '',
  told: 'null as id, null as name, false as grouped',
  sets: '(), (bucket)',
}

const grouped = ({ id, name, joins }: (typeof GROUPS)[GroupBy]): typeof UNGROUPED => ({
  site: 'site_id',
  joins,
  told: `${id} as id, ${name} as name, grouping(${id}) = 0 as grouped`,
  sets: `(), (bucket), (${id}, ${name}), (${id}, ${name}, bucket)`,
})

const localDate = (time: string) => `cast((${time}) at time zone cast(:tz as text) as date)`

/**
 * The records are summed per site and bucket first, and the few rows that come out of it in every other way. The sums
 * are exact, being of numerics, until they become JSON numbers. Where clocks go back over midnight (the Azores, Cuba) a
 * day has two midnights and date_trunc gives the second; the bucket begins at the first.
 */
const statement = ({ site, joins, told, sets }: typeof UNGROUPED) => `
  with cells as (
    select cast(${site} as text) as site_id, date_trunc(:granularity, start_time, :tz) as bucket,
      sum(energy_kwh) as energy, sum(discharge_energy_kwh) as discharge_energy, max(max_power_kw) as max_power
    from core.current_records
    where tenant_id = :tenant and start_time >= :start and start_time < :end
      and (cast(:sites as text[]) is null or site_id = any(:sites))
    group by 1, 2
  ), sums as (
    select ${told}, bucket,
      cast(coalesce(sum(energy), 0) as float8) as charge_energy,
      cast(coalesce(sum(discharge_energy), 0) as float8) as discharge_energy,
      coalesce(max(max_power), 0) as max_power
    from cells c ${joins} group by grouping sets (${sets})
  ), starts as (
    select sums.*, case
        when :granularity <> 'hour' and ${localDate(`bucket - interval '1 hour'`)} = ${localDate('bucket')}
        then bucket - interval '1 hour' else bucket
      end as start
    from sums
  )
  select ${instant('start')} as timestamp, grouped, id, name, charge_energy, discharge_energy, max_power
  from starts order by name, id, start`

const STATEMENTS = {
  none: statement(UNGROUPED),
  site: statement(grouped(GROUPS.site)),
  operator: statement(grouped(GROUPS.operator)),
}

/**
 * Energy of the tenant's records that start in the period. Sites that are unknown or another tenant's add nothing.
 * Throws `invalid` when the database does not know the time zone.
 */
export async function aggregate(
  db: Knex,
  tenantId: string,
  { granularity, start, end, timeZone }: EnergyPeriod,
  { siteIds = null, groupBy = 'none' }: { siteIds?: string[] | null; groupBy?: GroupBy | 'none' },
): Promise<EnergySeries & { groups?: EnergyGroup[] }> {
  const bindings = { tenant: tenantId, granularity, start, end, tz: timeZone, sites: siteIds }
  const { rows } = await db.raw(STATEMENTS[groupBy], bindings).catch(refuseTimeZone)
  const whole = collect(rows.filter((row: Row) => !row.grouped))
  if (groupBy === 'none') return whole
  const groups = Map.groupBy<string | null, Row>(
    rows.filter((row: Row) => row.grouped),
    row => row.id,
  )
  return { ...whole, groups: [...groups].map(([id, part]) => ({ id, name: part[0]!.name, ...collect(part) })) }
}

function collect(rows: Row[]): EnergySeries {
  const series: EnergySeries['series'] = []
  let total: Energy = { charge_energy: 0, discharge_energy: 0, max_power: 0 }
  for (const { timestamp, charge_energy, discharge_energy, max_power } of rows) {
    if (timestamp === null) total = { charge_energy, discharge_energy, max_power }
    else series.push({ timestamp, charge_energy, discharge_energy, max_power })
  }
  return { series, total }
}

const INVALID_PARAMETER_VALUE = '22023'

/** Postgres has a list of time zones of its own, and may lack one that Node knows. */
function refuseTimeZone(error: { code?: string }): never {
  throw error.code === INVALID_PARAMETER_VALUE ? invalid('tz', 'tz is not an IANA time zone') : error
}
