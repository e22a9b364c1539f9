import type { Knex } from 'knex'

/**
 * Accounts of programs. A secret that was replaced stays good until its `expires_at`; the one that is in use has none.
 * The feed tells of accounts without their names, for it only needs to know which are disabled.
 *
 * The audit log can be added to and read, and nothing else, by the role that the server works as.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table core.service_accounts (
      service_account_id uuid primary key default gen_random_uuid(),
      tenant_id uuid not null references core.tenants,
      name text not null,
      scopes text[] not null,
      created_by text not null,
      created_at timestamptz not null default now(),
      rotated_at timestamptz,
      disabled_at timestamptz
    );
    create index on core.service_accounts (tenant_id, name, service_account_id);
    create table core.service_account_secrets (
      service_account_id uuid not null references core.service_accounts,
      secret_hash bytea not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz,
      primary key (service_account_id, secret_hash)
    );
    create unique index on core.service_account_secrets (service_account_id) where expires_at is null;
    alter table core.access_tokens add column service_account_id uuid references core.service_accounts;
    alter table core.access_tokens drop constraint access_tokens_check;
    alter table core.access_tokens add check (num_nonnulls(device_id, client_id, service_account_id) = 1);
    create index on core.access_tokens (service_account_id) where revoked_at is null;
    grant select, insert, update on core.service_accounts to voltspec_app;
    grant select, insert, update, delete on core.service_account_secrets to voltspec_app;
    create table ops.audit_logs (
      audit_id bigint generated always as identity primary key,
      tenant_id uuid not null,
      at timestamptz not null default clock_timestamp(),
      actor text not null,
      action text not null,
      method text,
      path text,
      status int not null,
      device_id uuid,
      request_id text,
      address text,
      details jsonb not null default '{}'
    );
    create index on ops.audit_logs (tenant_id, at, audit_id);
    create index on ops.audit_logs (tenant_id, actor, at, audit_id);
    create index on ops.audit_logs (device_id, at, audit_id) where device_id is not null;
    grant select, insert on ops.audit_logs to voltspec_app;
    alter publication voltspec add table core.service_accounts (service_account_id, tenant_id, disabled_at);
  `)
}
