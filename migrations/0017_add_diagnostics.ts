import type { Knex } from 'knex'

/**
 * Diagnostic commands are commands with a risk. What they leave behind: logs, the ways for a charger to upload one (a
 * row each time that the command is handed out, since only the hash of a token is kept), and when a counter was last
 * set back.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table core.commands
      add column risk_class text check (risk_class in ('low', 'medium')),
      add column customer_authorization_ref text;
    create index on core.commands (device_id)
      where command = 'run_self_test' and status in ('queued', 'delivered', 'accepted');
    create table core.device_logs (
      log_id uuid primary key default gen_random_uuid(),
      tenant_id uuid not null references core.tenants,
      device_id uuid not null references core.devices,
      command_id uuid not null unique references core.commands,
      content_type text not null,
      size_bytes int not null,
      sha256 bytea not null,
      content bytea not null,
      received_at timestamptz not null default now()
    );
    alter table core.device_logs alter column content set storage external;
    create index on core.device_logs (device_id, received_at);
    create index on core.device_logs (received_at);
    create table core.log_uploads (
      token_hash bytea primary key,
      command_id uuid not null references core.commands,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null
    );
    create index on core.log_uploads (command_id, created_at);
    create index on core.log_uploads (expires_at);
    create table core.counter_resets (
      device_id uuid not null references core.devices,
      counter text not null check (counter in ('contactor', 'discharge_contactor', 'fan')),
      command_id uuid not null references core.commands,
      last_reset_at timestamptz not null,
      primary key (device_id, counter)
    );
    grant select, insert, delete on core.device_logs, core.log_uploads to voltspec_app;
    grant select, insert, update on core.counter_resets to voltspec_app;
  `)
}
