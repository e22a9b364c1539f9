import type { Knex } from 'knex'
import type { StationSample } from './stationSamples.ts'

/** A discharge whose vehicle has come down to what it is to keep. */
export interface EndedDischarge {
  commandId: string
  /** On tellus. */
  connectorId: number
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
 * @param measured `connectorId` on tellus, 0 where only the transaction tells; `soc` in %
 * @returns undefined when none is to end, or has ended before
 */
export async function note(
  db: Knex,
  measured: Pick<StationSample, 'identity' | 'connectorId' | 'transactionId' | 'soc'>,
): Promise<EndedDischarge | undefined> {
  const { rows } = await db.raw<{ rows: EndedDischarge[] }>(
    `with place as (
       select s.device_id, coalesce(nullif(:connectorId::int, 0), t.connector_id) as connector_id
       from ocpp.stations s
         left join ocpp.transactions t on t.identity = s.identity and t.transaction_id = :transactionId::text
       where s.identity = :identity
     )
     update core.commands c set message = format('ended at %s %%, to keep %s %%', :soc::float8, c.params->>'min_soc'),
       details = coalesce(c.details, '{}') || jsonb_build_object('ended_at_soc', :soc::float8)
     from ocpp.transactions t, place
     where c.command_id = (
         select command_id from core.commands join place using (device_id, connector_id)
         where command = 'discharge'
           and status not in ('failed', 'expired')
         order by sequence desc limit 1)
       and c.channel = 'ocpp' and c.status = 'completed' and c.details->'ended_at_soc' is null
       and ${number('min_soc')} >= :soc
       and now() < c.finished_at + coalesce(${number('duration')}, 604800) * interval '1 second'
       and t.identity = :identity and t.connector_id = place.connector_id and t.ended_at is null
       and t.started_at < c.finished_at + interval '1 minute'
       and not exists (
         select from core.commands later
         where later.device_id = c.device_id and later.connector_id = c.connector_id and later.sequence > c.sequence
           and later.command = 'start_charging' and later.status = 'completed')
     returning c.command_id as "commandId", place.connector_id as "connectorId", t.transaction_key::text as "transactionKey",
       exists (select from ocpp.remote_starts r where r.command_id = c.command_id) as "hasBegunSession",
       exists (
         select from ocpp.stations s left join core.devices d using (device_id)
           join ocpp.site_charging g on g.site_id = coalesce(s.site_id, d.site_id) and g.enabled
         where s.identity = :identity) as "isPlanned"`,
    { ...measured },
  )
  return rows[0]
}

/** The station was not reached: the next that it measures is another occasion. */
export async function takeBack(db: Knex, commandId: string): Promise<void> {
  await db('core.commands')
    .where({ command_id: commandId })
    .update({ message: null, details: db.raw(`details - 'ended_at_soc'`) })
}
