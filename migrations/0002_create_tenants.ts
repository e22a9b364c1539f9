import type { Knex } from 'knex'

/** Tenants own everything; operators only group sites. Secrets and tokens are kept as SHA-256 of 256 random bits. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table core.tenants (
      tenant_id uuid primary key default gen_random_uuid(),
      slug text not null unique,
      name text not null,
      created_at timestamptz not null default now()
    );
    create table core.operators (
      operator_id text primary key,
      tenant_id uuid not null references core.tenants,
      name text not null,
      country char(2) not null,
      status text not null default 'active'
    );
    create index on core.operators (tenant_id);
    create table core.clients (
      client_id text primary key,
      tenant_id uuid not null references core.tenants,
      name text not null,
      secret_hash bytea not null,
      scopes text[] not null,
      created_at timestamptz not null default now(),
      revoked_at timestamptz
    );
    grant select, insert, update on core.tenants, core.operators, core.clients to voltspec_app;
  `)
}
