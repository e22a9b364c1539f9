import type { Knex } from 'knex'
import type { Station } from '../ocpp/action.ts'

/** Keeps charging profiles that a station has, by their id. */
export async function storeProfiles(
  db: Knex,
  { tenantId, identity }: Station,
  report: { evseId: number; source: string; profiles: { id: number }[]; at: Date },
): Promise<void> {
  const latest = new Map(report.profiles.map(profile => [profile.id, profile]))
  await db('ocpp.reported_profiles')
    .insert(
      [...latest].map(([id, profile]) => ({
        tenant_id: tenantId,
        identity,
        evse_id: report.evseId,
        profile_id: id,
        source: report.source,
        profile: JSON.stringify(profile),
        reported_at: report.at,
      })),
    )
    .onConflict(['identity', 'evse_id', 'profile_id'])
    .merge()
}

/** A limit that somebody else than we set, such as an energy manager. */
export interface OutsideLimit {
  /** 0 for the whole station. */
  evseId: number
  source: string
  limit: object
  schedules: object[]
  at: Date
}

/** Keeps the newest limit of a source. */
export async function storeLimit(
  db: Knex,
  { tenantId, identity }: Station,
  { evseId, source, limit, schedules, at }: OutsideLimit,
): Promise<void> {
  await db('ocpp.outside_limits')
    .insert({
      tenant_id: tenantId,
      identity,
      evse_id: evseId,
      source,
      charging_limit: JSON.stringify(limit),
      schedules: JSON.stringify(schedules),
      reported_at: at,
      cleared_at: null,
    })
    .onConflict(['identity', 'evse_id', 'source'])
    .merge()
}

/** Marks the limit of a source as cleared, at one EVSE or, without one, everywhere. */
export async function clearLimit(
  db: Knex,
  { identity }: Station,
  { source, evseId, at }: { source: string; evseId: number | undefined; at: Date },
): Promise<void> {
  await db('ocpp.outside_limits')
    .where({ identity, source, cleared_at: null, ...(evseId === undefined ? {} : { evse_id: evseId }) })
    .update({ cleared_at: at })
}

/** Keeps what the vehicle at an EVSE says that it needs, or the schedule that it will follow. */
export async function storeWish(
  db: Knex,
  { tenantId, identity }: Station,
  evseId: number,
  wish: { kind: 'needs' | 'schedule'; value: object; at: Date },
): Promise<void> {
  await db('ocpp.vehicle_wishes')
    .insert({
      tenant_id: tenantId,
      identity,
      evse_id: evseId,
      [wish.kind]: JSON.stringify(wish.value),
      [`${wish.kind}_at`]: wish.at,
    })
    .onConflict(['identity', 'evse_id'])
    .merge([wish.kind, `${wish.kind}_at`])
}
