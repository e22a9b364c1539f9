import type { Knex } from 'knex'

/**
 * OCPP stations, their connections, every message, and what the board shows of them.
 *
 * Messages are partitioned by day and read newest first. Numbers over all time are kept where they are written
 * (`connection_states`, `totals`), so that no read counts messages; each process adds to rows of its own (`process_id`),
 * so that two never wait for one row. A call to a station is a row of `calls`, which the feed brings to the process that
 * holds its socket.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create schema ocpp;
    grant usage on schema ocpp to voltspec_app;

    create table ocpp.stations (
      identity text primary key check (length(identity) between 1 and 255),
      tenant_id uuid not null references core.tenants,
      site_id text references core.sites,
      device_id uuid unique references core.devices,
      password_hash bytea,
      certificate_name text,
      validation text not null default 'strict' check (validation in ('strict', 'tolerant', 'off')),
      registration text check (registration in ('Accepted', 'Pending', 'Rejected')),
      vendor text,
      model text,
      serial_number text,
      firmware_version text,
      booted_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index on ocpp.stations (tenant_id, identity);
    create index on ocpp.stations (site_id);

    create table ocpp.connections (
      connection_id uuid primary key,
      tenant_id uuid not null,
      identity text not null,
      process_id uuid not null,
      remote_address text not null,
      protocol text not null,
      security_profile int not null,
      connected_at timestamptz not null,
      disconnected_at timestamptz,
      close_code int,
      close_reason text
    );
    create index on ocpp.connections (tenant_id, connected_at desc);
    create index on ocpp.connections (identity, connected_at desc);
    create index on ocpp.connections (process_id) where disconnected_at is null;

    create table ocpp.connection_states (
      tenant_id uuid not null,
      identity text not null,
      connection_id uuid not null,
      remote_address text not null,
      protocol text not null,
      connected_at timestamptz not null,
      disconnected_at timestamptz,
      message_count bigint not null default 0,
      error_count bigint not null default 0,
      last_message_at timestamptz,
      primary key (tenant_id, identity)
    ) with (fillfactor = 70);
    create index on ocpp.connection_states (tenant_id, connected_at desc, identity);

    create table ocpp.processes (
      process_id uuid primary key,
      started_at timestamptz not null,
      seen_at timestamptz not null
    );

    create table ocpp.messages (
      message_id bigint generated always as identity,
      tenant_id uuid not null,
      identity text not null,
      connection_id uuid not null,
      unique_id text,
      direction text not null check (direction in ('IN', 'OUT')),
      type text not null
        check (type in ('CALL', 'CALLRESULT', 'CALLERROR', 'SEND', 'CALLRESULTERROR', 'INVALID')),
      method text not null,
      protocol text not null,
      time timestamptz not null,
      payload json,
      response_ms double precision,
      error_code text,
      violation text,
      raw text,
      primary key (message_id, time)
    ) partition by range (time);
    create table ocpp.messages_default partition of ocpp.messages default;
    create index on ocpp.messages (tenant_id, time desc, message_id desc);
    create index on ocpp.messages (identity, time desc, message_id desc);
    create index on ocpp.messages (tenant_id, method, time desc, message_id desc);
    create index on ocpp.messages (tenant_id, type, time desc, message_id desc);
    create index on ocpp.messages (tenant_id, direction, time desc, message_id desc);

    create function ocpp.ensure_partitions(first_day date, last_day date) returns int
    language plpgsql security definer set search_path = pg_catalog, ocpp, pg_temp as $$
    declare
      day date := first_day;
      name text;
      made int := 0;
    begin
      perform pg_advisory_xact_lock(hashtext('ocpp.ensure_partitions'));
      while day <= last_day loop
        name := 'messages_' || to_char(day, 'YYYYMMDD');
        if to_regclass('ocpp.' || name) is null then
          execute format('create table ocpp.%I (like ocpp.messages including all excluding identity)', name);
          execute format(
            'with moved as (delete from ocpp.messages_default where time >= %L and time < %L returning *)
             insert into ocpp.%I select * from moved',
            day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC', name);
          execute format('alter table ocpp.messages attach partition ocpp.%I for values from (%L) to (%L)',
            name, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
          made := made + 1;
        end if;
        day := day + 1;
      end loop;
      return made;
    end $$;
    create function ocpp.drop_partitions(before date) returns int
    language plpgsql security definer set search_path = pg_catalog, ocpp, pg_temp set lock_timeout = '2s' as $$
    declare
      old record;
      dropped int := 0;
    begin
      if before > (now() at time zone 'UTC')::date then
        raise 'the day % is not over', before;
      end if;
      for old in
        select c.oid::regclass as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'ocpp.messages'::regclass and c.relname ~ '^messages_\\d{8}$'
          and to_date(right(c.relname, 8), 'YYYYMMDD') < before
      loop
        execute format('drop table %s', old.name);
        dropped := dropped + 1;
      end loop;
      delete from ocpp.messages_default where time < before::timestamp at time zone 'UTC';
      return dropped;
    end $$;
    revoke all on function ocpp.ensure_partitions, ocpp.drop_partitions from public;
    grant execute on function ocpp.ensure_partitions, ocpp.drop_partitions to voltspec_app;

    create table ocpp.totals (
      tenant_id uuid not null,
      process_id uuid not null,
      messages bigint not null default 0,
      errors bigint not null default 0,
      connections bigint not null default 0,
      security_events bigint not null default 0,
      system_events bigint not null default 0,
      dropped bigint not null default 0,
      primary key (tenant_id, process_id)
    ) with (fillfactor = 50);
    create table ocpp.peaks (
      tenant_id uuid primary key,
      connections int not null
    ) with (fillfactor = 50);
    create table ocpp.rates (
      tenant_id uuid not null,
      process_id uuid not null,
      second timestamptz not null,
      messages int not null,
      errors int not null,
      answers int not null,
      answer_ms double precision not null,
      primary key (tenant_id, second, process_id)
    );
    create index on ocpp.rates (second);

    create table ocpp.security_events (
      event_id bigint generated always as identity primary key,
      tenant_id uuid not null,
      category text not null,
      identity text not null,
      message text not null,
      severity text not null check (severity in ('low', 'medium', 'high', 'critical')),
      details jsonb not null default '{}',
      time timestamptz not null default now()
    );
    create index on ocpp.security_events (tenant_id, event_id desc);
    create index on ocpp.security_events (tenant_id, category, event_id desc);
    create index on ocpp.security_events (tenant_id, severity, event_id desc);

    create table ocpp.system_events (
      event_id bigint generated always as identity primary key,
      tenant_id uuid not null,
      type text not null,
      identity text,
      message text not null,
      details jsonb not null default '{}',
      time timestamptz not null default now()
    );
    create index on ocpp.system_events (tenant_id, event_id desc);

    create table ocpp.id_tags (
      tenant_id uuid not null references core.tenants,
      id_tag text not null check (length(id_tag) between 1 and 36),
      status text not null check (status in ('Accepted', 'Blocked')),
      expires_at timestamptz,
      parent_id_tag text,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id_tag)
    );
    create table ocpp.tenant_settings (
      tenant_id uuid primary key references core.tenants,
      unknown_id_tags text not null default 'reject' check (unknown_id_tags in ('accept', 'reject')),
      enrollment_password_hash bytea
    );

    create table ocpp.transactions (
      transaction_key bigint generated always as identity primary key,
      tenant_id uuid not null,
      identity text not null,
      device_id uuid not null references core.devices,
      protocol text not null,
      transaction_id text not null,
      numeric_id int generated always as ((transaction_key % 2147483647)::int) stored,
      evse_id int,
      connector_id int not null,
      id_tag text,
      started_at timestamptz not null,
      meter_start_wh double precision,
      start_fingerprint text,
      last_sequence int,
      charging_state text,
      ended_at timestamptz,
      meter_stop_wh double precision,
      max_power_kw double precision,
      stop_reason text,
      stop_fingerprint text,
      record_id text,
      created_at timestamptz not null default now()
    );
    create unique index on ocpp.transactions (identity, transaction_id);
    create unique index on ocpp.transactions (identity, start_fingerprint) where start_fingerprint is not null;
    create index on ocpp.transactions (identity, numeric_id);
    create index on ocpp.transactions (device_id, started_at);
    create index on ocpp.transactions (ended_at) where record_id is null;

    create table core.superseded_records (
      record_id text primary key references core.charging_records,
      superseded_by text not null references core.charging_records,
      superseded_at timestamptz not null default now()
    );

    create table ocpp.calls (
      call_id uuid primary key default gen_random_uuid(),
      tenant_id uuid not null,
      identity text not null,
      action text not null,
      payload jsonb not null,
      requested_by text not null,
      status text not null default 'queued' check (status in ('queued', 'sent', 'answered', 'refused', 'failed')),
      answer jsonb,
      error_code text,
      error_description text,
      created_at timestamptz not null default now(),
      sent_at timestamptz,
      finished_at timestamptz,
      expires_at timestamptz not null
    ) with (fillfactor = 70);
    create index on ocpp.calls (identity) where status in ('queued', 'sent');
    create index on ocpp.calls (created_at);

    create table ocpp.board_sessions (
      session_hash bytea primary key,
      tenant_id uuid not null references core.tenants,
      user_name text not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null
    );
    create index on ocpp.board_sessions (expires_at);
    create table ocpp.board_tokens (
      token_hash bytea primary key,
      tenant_id uuid not null references core.tenants,
      user_name text not null,
      created_at timestamptz not null default now()
    );

    create table ocpp.site_charging (
      site_id text primary key references core.sites,
      tenant_id uuid not null references core.tenants,
      enabled boolean not null default true,
      limit_kw double precision not null check (limit_kw >= 0),
      margin_percent double precision not null default 0 check (margin_percent >= 0 and margin_percent < 100),
      strategy text not null check (strategy in ('equal_share', 'priority', 'time_of_use')),
      priorities jsonb not null default '{}',
      windows jsonb not null default '[]',
      prices jsonb,
      updated_at timestamptz not null default now()
    );
    create table ocpp.charging_decisions (
      decision_id bigint generated always as identity primary key,
      tenant_id uuid not null,
      site_id text not null,
      identity text not null,
      connector_id int not null,
      transaction_key bigint not null,
      strategy text not null,
      allocated_kw double precision not null,
      status text not null check (status in ('pending', 'active', 'rejected', 'ended')),
      started_at timestamptz not null,
      updated_at timestamptz not null default now()
    );
    create index on ocpp.charging_decisions (tenant_id, decision_id desc);
    create index on ocpp.charging_decisions (transaction_key);

    create table ocpp.proxies (
      identity text primary key references ocpp.stations,
      tenant_id uuid not null,
      upstream_url text not null,
      upstream_protocol text not null,
      upstream_password text,
      enabled boolean not null default true,
      updated_at timestamptz not null default now()
    );
    create table ocpp.proxy_transactions (
      identity text not null,
      station_transaction_id text not null,
      upstream_transaction_id text not null,
      evse_id int not null,
      sequence int not null default 0,
      ended_at timestamptz,
      primary key (identity, station_transaction_id),
      unique (identity, upstream_transaction_id)
    );
    create table ocpp.proxy_events (
      event_id bigint generated always as identity primary key,
      tenant_id uuid not null,
      identity text not null,
      type text not null,
      from_protocol text not null,
      to_protocol text not null,
      method text not null,
      details jsonb not null default '{}',
      time timestamptz not null default now()
    );
    create index on ocpp.proxy_events (tenant_id, event_id desc);

    alter table core.sites add column ocpp_consent boolean not null default false;
    alter table core.commands add column channel text not null default 'device' check (channel in ('device', 'ocpp'));

    grant select, insert, update on all tables in schema ocpp to voltspec_app;
    grant delete on ocpp.connections, ocpp.connection_states, ocpp.processes, ocpp.rates, ocpp.calls, ocpp.board_sessions,
      ocpp.id_tags, ocpp.proxies to voltspec_app;
    revoke update on ocpp.messages, ocpp.security_events, ocpp.system_events, ocpp.proxy_events from voltspec_app;
    grant select, insert on core.superseded_records to voltspec_app;

    alter publication voltspec add table ocpp.messages, ocpp.security_events, ocpp.calls, ocpp.connections,
      ocpp.transactions, ocpp.site_charging, ocpp.board_sessions, ocpp.proxies, ocpp.stations;
  `)
}
