import type { Knex } from 'knex'

/**
 * Who waited for the archive's lock looks for partitions that the one before may have dropped. A session learns of such
 * changes when it locks a table, which an advisory lock is not; without that it takes a partition that is gone for there.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create or replace function telemetry.lock_archive() returns void language plpgsql set search_path = pg_catalog as $$
    begin
      perform pg_advisory_xact_lock(hashtext('telemetry.archive'));
      lock table telemetry.archive_state in access share mode;
    end $$;
  `)
}
