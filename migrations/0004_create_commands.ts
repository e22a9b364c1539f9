import type { Knex } from 'knex'

/**
 * One table for every command, whoever asked for it. `sequence` is the order in which a charger gets them;
 * `offered_at` is the last time a long-poll handed the command out and heartbeats leave it alone.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table core.commands (
      command_id uuid primary key default gen_random_uuid(),
      sequence bigint generated always as identity,
      tenant_id uuid not null references core.tenants,
      device_id uuid not null references core.devices,
      connector_id int,
      command text not null,
      params jsonb not null default '{}',
      status text not null default 'queued'
        check (status in ('queued', 'delivered', 'accepted', 'completed', 'failed', 'expired')),
      outcome text check (outcome in ('completed', 'failed', 'rejected')),
      message text,
      details jsonb,
      control_id uuid,
      schedule_id text,
      requested_by text not null,
      created_at timestamptz not null default now(),
      delivered_at timestamptz,
      offered_at timestamptz,
      accepted_at timestamptz,
      finished_at timestamptz,
      expires_at timestamptz not null
    ) with (fillfactor = 70);
    create index on core.commands (device_id, sequence) where status in ('queued', 'delivered');
    create index on core.commands (expires_at) where status in ('queued', 'delivered');
    create index on core.commands (tenant_id, created_at);
    create table core.schedules (
      device_id uuid not null,
      connector_id int not null,
      tenant_id uuid not null references core.tenants,
      schedule_id text not null,
      revision uuid not null default gen_random_uuid(),
      document jsonb not null,
      time_zone text not null,
      next_command_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (device_id, connector_id),
      foreign key (device_id, connector_id) references core.connectors
    );
    create table core.flexibility_controls (
      control_id uuid primary key default gen_random_uuid(),
      tenant_id uuid not null references core.tenants,
      request jsonb not null,
      requested_by text not null,
      created_at timestamptz not null default now(),
      ends_at timestamptz not null,
      lifted_at timestamptz
    );
    create table ops.idempotency_keys (
      tenant_id uuid not null references core.tenants,
      caller text not null,
      key text not null,
      request_hash bytea not null,
      status int,
      response json,
      created_at timestamptz not null default now(),
      primary key (tenant_id, caller, key)
    );
    create index on ops.idempotency_keys (created_at);
    grant select, insert, update on core.commands, core.flexibility_controls to voltspec_app;
    grant select, insert, update, delete on core.schedules, ops.idempotency_keys to voltspec_app;
  `)
}
