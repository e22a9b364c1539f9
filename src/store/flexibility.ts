import type { Knex } from 'knex'

export interface TargetConnector {
  site_id: string
  /** kW that the site may draw */
  power_capacity_kw: number
  device_id: string
  connector_id: number
  /** kW that the connector can take, by its model; the site's capacity for a model that nobody knows */
  rating_kw: number
  /** kW that it can give back; null for a connector that cannot */
  discharge_rating_kw: number | null
}

/** The sites that a control is for: the named ones, those of the named operators, or all of the tenant. */
export async function findSites(
  db: Knex,
  tenantId: string,
  target: 'site' | 'operator' | 'all',
  ids: string[],
): Promise<{ site_id: string; operator_id: string | null }[]> {
  const sites = db('core.sites').select('site_id', 'operator_id').where({ tenant_id: tenantId })
  if (target === 'all') return sites
  return sites.whereIn(target === 'site' ? 'site_id' : 'operator_id', ids)
}

export async function ownsOperators(db: Knex, tenantId: string, ids: string[]): Promise<boolean> {
  const [row] = await db('core.operators')
    .where({ tenant_id: tenantId })
    .whereIn('operator_id', ids)
    .count('* as count')
  return Number(row!.count) === ids.length
}

/** The connectors of sites, site by site. */
export async function connectorsOf(db: Knex, siteIds: string[]): Promise<TargetConnector[]> {
  return db('core.sites as s')
    .join('core.devices as d', 'd.site_id', 's.site_id')
    .join('core.connectors as c', 'c.device_id', 'd.device_id')
    .leftJoin('core.device_models as m', { 'm.manufacturer': 'd.manufacturer', 'm.model': 'd.model' })
    .select(
      's.site_id',
      's.power_capacity_kw',
      'd.device_id',
      'c.connector_id',
      db.raw('coalesce(m.max_power_kw, s.power_capacity_kw) as rating_kw'),
    )
    .select(
      db.raw(
        'case when m.model is null then s.power_capacity_kw else m.max_discharge_power_kw end as discharge_rating_kw',
      ),
    )
    .whereIn('s.site_id', siteIds)
    .orderBy(['s.site_id', 'd.created_at', 'd.device_id', 'c.connector_id'])
}

interface Control {
  tenantId: string
  request: object
  requestedBy: string
  /** seconds */
  duration: number
}

export async function create(
  db: Knex,
  { tenantId, request, requestedBy, duration }: Control,
): Promise<{ control_id: string; ends_at: Date }> {
  const [row] = await db('core.flexibility_controls')
    .insert({
      tenant_id: tenantId,
      request: JSON.stringify(request),
      requested_by: requestedBy,
      ends_at: db.raw(`now() + ? * interval '1 second'`, [duration]),
    })
    .returning(['control_id', 'ends_at'])
  return row
}

export interface FreedConnector {
  tenant_id: string
  device_id: string
  connector_id: number
  /** What the newest control that is still in force asked of it before; null when none is. */
  limit: Record<string, unknown> | null
}

/**
 * Marks a control as lifted and returns the connectors whose power it was the last to limit; nothing when it was lifted
 * before. The controls of a tenant are lifted one after the other: two that end at once would each take the other for
 * one that is in force.
 */
export async function lift(db: Knex, controlId: string): Promise<FreedConnector[]> {
  await db.raw(
    `select pg_advisory_xact_lock(hashtextextended('flexibility ' || tenant_id, 0))
     from core.flexibility_controls where control_id = ?`,
    [controlId],
  )
  const lifted = await db('core.flexibility_controls')
    .where({ control_id: controlId, lifted_at: null })
    .update({ lifted_at: db.fn.now() })
  if (lifted === 0) return []
  const { rows } = await db.raw<{ rows: FreedConnector[] }>(
    `select c.tenant_id, c.device_id, c.connector_id, other.params as limit
     from core.commands c
     left join lateral (
       select o.params, o.sequence from core.commands o join core.flexibility_controls f using (control_id)
       where o.device_id = c.device_id and o.connector_id = c.connector_id and o.command = 'set_power_limit'
         and f.lifted_at is null
       order by o.sequence desc limit 1) other on true
     where c.control_id = ? and c.command = 'set_power_limit' and (other.sequence is null or other.sequence < c.sequence)`,
    [controlId],
  )
  return rows
}
