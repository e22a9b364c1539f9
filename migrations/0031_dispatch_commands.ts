import type { Knex } from 'knex'

/**
 * How commands and calls reach stations. `claimed_by` is the server process that has taken one up, so that what it was at
 * when it died can be ended by another. `finish_by` is when a command that its station has accepted counts as failed
 * unless it is done. A remote start has a tag of its own, by which its transaction is known, and which nobody can guess.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table core.commands add column reason text, add column claimed_by uuid, add column finish_by timestamptz;
    create index on core.commands (device_id, sequence)
      where channel = 'ocpp' and status in ('queued', 'delivered', 'accepted');
    create index on core.commands (finish_by) where channel = 'ocpp' and status = 'accepted';
    alter table ocpp.calls add column claimed_by uuid;
    create index on ocpp.calls (expires_at) where status in ('queued', 'sent');

    create table ocpp.remote_starts (
      command_id uuid primary key references core.commands,
      tenant_id uuid not null,
      identity text not null,
      id_tag text not null,
      remote_start_id int not null,
      is_own_tag boolean not null,
      created_at timestamptz not null default now()
    );
    create index on ocpp.remote_starts (tenant_id, lower(id_tag)) where is_own_tag;
    create index on ocpp.remote_starts (identity, created_at);
    create index on ocpp.remote_starts (created_at);
    grant select, insert, update, delete on ocpp.remote_starts to voltspec_app;
  `)
}
