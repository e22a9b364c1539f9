import type { Knex } from 'knex'
import type pg from 'pg'
import type { Protocol } from '../ocpp/action.ts'

/** A connection of a station, as long as the process that holds its socket knows it. */
export interface Connection {
  connectionId: string
  tenantId: string
  identity: string
  processId: string
  remoteAddress: string
  protocol: Protocol
  securityProfile: number
  connectedAt: Date
}

const OPEN = `
  with given as (
    select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::int[],
      $8::timestamptz[])
    as g (connection_id, tenant_id, identity, process_id, remote_address, protocol, security_profile, connected_at)
  ), opened as (
    insert into ocpp.connections (connection_id, tenant_id, identity, process_id, remote_address, protocol,
      security_profile, connected_at)
    select * from given
  ), shown as (
    insert into ocpp.connection_states as s (tenant_id, identity, connection_id, remote_address, protocol, connected_at)
    select tenant_id, identity, connection_id, remote_address, protocol, connected_at from given
    order by tenant_id, identity
    on conflict (tenant_id, identity) do update set
      connection_id = excluded.connection_id,
      remote_address = excluded.remote_address,
      protocol = excluded.protocol,
      connected_at = excluded.connected_at,
      disconnected_at = null
  ), noted as (
    insert into ocpp.system_events (tenant_id, type, identity, message, details)
    select tenant_id, 'STATION_CONNECTED', identity, 'connected with ' || protocol,
      jsonb_build_object('ip', remote_address, 'connectionId', connection_id)
    from given
  ), counted as (
    insert into ocpp.totals as t (tenant_id, process_id, connections, system_events)
    select tenant_id, process_id, count(*), count(*) from given group by 1, 2 order by 1, 2
    on conflict (tenant_id, process_id) do update set
      connections = t.connections + excluded.connections,
      system_events = t.system_events + excluded.system_events
  ), before as (
    select c.tenant_id, count(*) as connections from ocpp.connections c
    where c.disconnected_at is null and c.tenant_id in (select tenant_id from given)
      and not exists (select from given g where g.tenant_id = c.tenant_id and g.identity = c.identity)
    group by 1
  )
  insert into ocpp.peaks as p (tenant_id, connections)
  select g.tenant_id, count(*) + coalesce(max(b.connections), 0)
  from given g left join before b using (tenant_id) group by 1 order by 1
  on conflict (tenant_id) do update set connections = greatest(p.connections, excluded.connections)`

/** Notes connections of different stations; each replaces what was shown of its station before. */
export async function open(pool: pg.Pool, rows: Connection[]): Promise<undefined[]> {
  const column = <Name extends keyof Connection>(name: Name) => rows.map(row => row[name])
  await pool.query({
    name: 'open-connections',
    text: OPEN,
    values: [
      column('connectionId'),
      column('tenantId'),
      column('identity'),
      column('processId'),
      column('remoteAddress'),
      column('protocol'),
      column('securityProfile'),
      column('connectedAt'),
    ],
  })
  return rows.map(() => undefined)
}

export interface Ending {
  connectionId: string
  tenantId: string
  identity: string
  processId: string
  code: number
  reason: string
  at: Date
}

const CLOSE = `
  with given as (
    select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::int[], $6::text[], $7::timestamptz[])
    as g (connection_id, tenant_id, identity, process_id, code, reason, at)
  ), closed as (
    update ocpp.connections c set disconnected_at = g.at, close_code = g.code, close_reason = g.reason
    from given g where c.connection_id = g.connection_id and c.disconnected_at is null
    returning c.connection_id
  ), shown as (
    update ocpp.connection_states s set disconnected_at = g.at
    from given g
    where s.tenant_id = g.tenant_id and s.identity = g.identity and s.connection_id = g.connection_id
      and s.disconnected_at is null
  ), noted as (
    insert into ocpp.system_events (tenant_id, type, identity, message, details)
    select tenant_id, 'STATION_DISCONNECTED', identity, 'disconnected with ' || code,
      jsonb_build_object('connectionId', connection_id, 'reason', reason)
    from given join closed using (connection_id)
  )
  insert into ocpp.totals as t (tenant_id, process_id, system_events)
  select tenant_id, process_id, count(*) from given join closed using (connection_id) group by 1, 2 order by 1, 2
  on conflict (tenant_id, process_id) do update set system_events = t.system_events + excluded.system_events`

/** Notes the end of connections. What is shown of a station that has connected again meanwhile stays as it is. */
export async function close(pool: pg.Pool, rows: Ending[]): Promise<undefined[]> {
  const column = <Name extends keyof Ending>(name: Name) => rows.map(row => row[name])
  await pool.query({
    name: 'close-connections',
    text: CLOSE,
    values: [
      column('connectionId'),
      column('tenantId'),
      column('identity'),
      column('processId'),
      column('code'),
      column('reason'),
      column('at'),
    ],
  })
  return rows.map(() => undefined)
}

/** Which of the connections are no longer the newest of their station. */
export async function replacedAmong(db: Knex, connectionIds: string[]): Promise<string[]> {
  const rows = await db('ocpp.connections as c')
    .join('ocpp.connection_states as s', join =>
      join.on('s.tenant_id', 'c.tenant_id').andOn('s.identity', 'c.identity'),
    )
    .select('c.connection_id')
    .whereRaw('c.connection_id = any(?)', [connectionIds])
    .whereRaw('s.connection_id <> c.connection_id and s.connected_at >= c.connected_at')
  return rows.map(({ connection_id }) => connection_id)
}

/** Removes connections that ended more than so many days ago; what is shown of their stations stays. */
export async function removeOld(db: Knex, days: number): Promise<void> {
  await db('ocpp.connections').whereRaw('disconnected_at < now() - make_interval(days => ?)', [days]).delete()
}
