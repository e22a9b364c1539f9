import type { Knex } from 'knex'
import { instant } from './instant.ts'
import { CONSENTS, WITH_SHARING } from './stationDevices.ts'

/** What a charger and its central system agreed on. */
export interface OcppLink {
  deviceId: string
  /** The WebSocket subprotocol, such as `ocpp1.6`. */
  subprotocol: string
  /** Feature profiles, such as `SmartCharging`. */
  features: string[]
  connectedHost?: string
  connectedWsPort?: number
  connectedWebPort?: number
  enableConnection?: boolean
}

/** Notes a connection; what was known of an earlier one is replaced. */
export async function connected(db: Knex, link: OcppLink): Promise<void> {
  await db('core.ocpp_links')
    .insert({
      device_id: link.deviceId,
      subprotocol: link.subprotocol,
      negotiated_features: link.features,
      connected_host: link.connectedHost ?? null,
      connected_ws_port: link.connectedWsPort ?? null,
      connected_web_port: link.connectedWebPort ?? null,
      enable_connection: link.enableConnection ?? null,
    })
    .onConflict('device_id')
    .merge()
}

/** Counts messages of a charger that is connected. One that is told late does not move `last_message_at` back. */
export async function heard(db: Knex, deviceId: string, at: Date, messages = 1): Promise<void> {
  await db.raw(
    `with link as (
       update core.ocpp_links set last_message_at = greatest(last_message_at, :at::timestamptz)
       where device_id = :deviceId returning device_id)
     insert into core.ocpp_message_counts as c (device_id, minute, messages)
     select device_id, date_trunc('minute', :at::timestamptz), :messages from link
     on conflict (device_id, minute) do update set messages = c.messages + excluded.messages`,
    { deviceId, at, messages },
  )
}

/** Messages of one charger in one minute. */
export interface Heard {
  deviceId: string
  /** The WebSocket subprotocol. */
  protocol: string
  minute: Date
  /** When the last one came or went. */
  at: Date
  messages: number
  /** Whether the charger sent one of them. */
  isHeard: boolean
}

/**
 * The same for many chargers at a time, whose sites let it be seen. A charger that speaks to its central system is alive,
 * so what it sends counts as a heartbeat, noted every ten seconds at most; its socket alone does not.
 */
export async function heardAll(db: Knex, heard: Heard[]): Promise<void> {
  await db.raw(
    `with given as (
       select g.* from unnest(:devices::uuid[], :protocols::text[], :minutes::timestamptz[], :ats::timestamptz[],
         :messages::int[], :heard::boolean[]) as g (device_id, protocol, minute, at, messages, is_heard)
       join ocpp.stations s on s.device_id = g.device_id ${WITH_SHARING} where ${CONSENTS}
     ), alive as (
       select d.device_id from core.devices d
       where d.device_id in (select device_id from given where is_heard)
         and (d.heartbeat_status is distinct from 'online' or d.last_heartbeat_at is null
           or d.last_heartbeat_at < now() - interval '10 seconds')
       order by d.device_id for no key update
     ), beating as (
       update core.devices d set heartbeat_status = 'online', last_heartbeat_at = greatest(d.last_heartbeat_at, now())
       from alive where d.device_id = alive.device_id
     ), link as (
       insert into core.ocpp_links as l (device_id, subprotocol, negotiated_features, last_message_at)
       select distinct on (device_id) device_id, protocol, '{}', at from given order by device_id, at desc
       on conflict (device_id) do update set subprotocol = excluded.subprotocol,
         last_message_at = greatest(l.last_message_at, excluded.last_message_at)
       returning device_id)
     insert into core.ocpp_message_counts as c (device_id, minute, messages)
     select device_id, minute, messages from given join link using (device_id) order by 1, 2
     on conflict (device_id, minute) do update set messages = c.messages + excluded.messages`,
    {
      devices: heard.map(({ deviceId }) => deviceId),
      protocols: heard.map(({ protocol }) => protocol),
      minutes: heard.map(({ minute }) => minute),
      ats: heard.map(({ at }) => at),
      messages: heard.map(({ messages }) => messages),
      heard: heard.map(({ isHeard }) => isHeard),
    },
  )
}

/** Counts that no average looks at any more. */
export async function removeOldCounts(db: Knex): Promise<number> {
  return db('core.ocpp_message_counts').whereRaw(`minute < now() - interval '10 minutes'`).delete()
}

/**
 * What a device shows of its link, under the contract's names; null when there is none. The device is `t`.
 * Of the minute in which the last five began as much counts as lies within them.
 */
export const LINK_OF_DEVICE = `(
  select json_strip_nulls(json_build_object(
    'ocpp_version', case l.subprotocol when 'ocpp1.6' then '1.6-J' when 'ocpp2.0.1' then '2.0.1' when 'ocpp2.1' then '2.1' end,
    'ocpp_csms_messages_per_minute', (
      select round(coalesce(sum(c.messages * least(1, extract(epoch from c.minute - now()) / 60 + 6)), 0) / 5, 1)
      from core.ocpp_message_counts c
      where c.device_id = l.device_id and c.minute > now() - interval '6 minutes' and c.minute <= now()),
    'ocpp_csms_last_message_at', ${instant('l.last_message_at')},
    'ocpp_negotiated_features', l.negotiated_features,
    'connectedHost', l.connected_host,
    'connectedWsPort', l.connected_ws_port,
    'connectedWebPort', l.connected_web_port,
    'enableConnection', l.enable_connection))
  from core.ocpp_links l where l.device_id = t.device_id)`
