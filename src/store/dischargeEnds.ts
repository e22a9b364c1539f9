import type { Knex } from 'knex'

/** A discharge whose vehicle has come down to what it is to keep. */
export interface EndedDischarge {
  commandId: string
  transactionKey: string
  /** Whether the session was begun for it, with its profile. */
  hasBegunSession: boolean
  /** Whether the site's plan has taken the place of its profile. */
  isPlanned: boolean
}

/** SQL for a number of the parameters of `c`, which may hold anything. */
const number = (name: string) =>
  `case jsonb_typeof(c.params->'${name}') when 'number' then (c.params->>'${name}')::float8 end`

/**
 * Ends the discharge that is underway on a connector when its vehicle holds no more than its `min_soc`.
 *
 * @param soc %
 * @returns undefined when none is to end, or has ended before
 */
export async function note(
  db: Knex,
  { identity, deviceId, connectorId, soc }: { identity: string; deviceId: string; connectorId: number; soc: number },
): Promise<EndedDischarge | undefined> {
  const { rows } = await db.raw<{ rows: EndedDischarge[] }>(
    `update core.commands c set message = format('ended at %s %%, to keep %s %%', :soc::float8, c.params->>'min_soc'),
       details = coalesce(c.details, '{}') || jsonb_build_object('ended_at_soc', :soc::float8)
     from ocpp.transactions t
     where c.command_id = (
         select command_id from core.commands
         where device_id = :deviceId and connector_id = :connectorId and command = 'discharge'
           and status not in ('failed', 'expired')
         order by sequence desc limit 1)
       and c.channel = 'ocpp' and c.status = 'completed' and c.details->'ended_at_soc' is null
       and ${number('min_soc')} >= :soc
       and now() < c.finished_at + coalesce(${number('duration')}, 604800) * interval '1 second'
       and t.identity = :identity and t.connector_id = :connectorId and t.ended_at is null
       and t.started_at < c.finished_at + interval '1 minute'
       and not exists (
         select from core.commands later
         where later.device_id = c.device_id and later.connector_id = c.connector_id and later.sequence > c.sequence
           and later.command = 'start_charging' and later.status = 'completed')
     returning c.command_id as "commandId", t.transaction_key::text as "transactionKey",
       exists (select from ocpp.remote_starts r where r.command_id = c.command_id) as "hasBegunSession",
       exists (
         select from ocpp.stations s left join core.devices d using (device_id)
           join ocpp.site_charging g on g.site_id = coalesce(s.site_id, d.site_id) and g.enabled
         where s.identity = :identity) as "isPlanned"`,
    { identity, deviceId, connectorId, soc },
  )
  return rows[0]
}

/** The station was not reached: the next that it measures is another occasion. */
export async function takeBack(db: Knex, commandId: string): Promise<void> {
  await db('core.commands')
    .where({ command_id: commandId })
    .update({ message: null, details: db.raw(`details - 'ended_at_soc'`) })
}
