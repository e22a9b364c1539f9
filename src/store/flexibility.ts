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

/**
 * Marks a control as lifted and returns the connectors whose power it limited and that no later control limits still;
 * nothing when it was lifted before.
 */
export async function lift(
  db: Knex,
  controlId: string,
): Promise<{ tenant_id: string; device_id: string; connector_id: number }[]> {
  const lifted = await db('core.flexibility_controls')
    .where({ control_id: controlId, lifted_at: null })
    .update({ lifted_at: db.fn.now() })
  if (lifted === 0) return []
  return db('core.commands as c')
    .distinct('c.tenant_id', 'c.device_id', 'c.connector_id')
    .where({ 'c.control_id': controlId, 'c.command': 'set_power_limit' })
    .whereNotExists(
      db('core.commands as later')
        .join('core.flexibility_controls as f', 'f.control_id', 'later.control_id')
        .select(db.raw('1'))
        .whereRaw('later.device_id = c.device_id and later.connector_id = c.connector_id')
        .where({ 'later.command': 'set_power_limit', 'f.lifted_at': null }),
    )
}
