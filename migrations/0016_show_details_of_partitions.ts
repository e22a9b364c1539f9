import type { Knex } from 'knex'

/**
 * Postgres tells the key that stands in the way, and the row that fails, only to who may read the partition itself. The
 * partitions of each month get the same grant as the default one has.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create or replace function flux.ensure_partitions(first_month date, last_month date) returns int
    language plpgsql security definer set search_path = pg_catalog, flux as $$
    declare
      parent text;
      month timestamptz;
      name text;
      occupied boolean;
      made int := 0;
    begin
      perform pg_advisory_xact_lock(hashtext('flux.ensure_partitions'));
      foreach parent in array array['mg_bess_readings', 'mg_meter_readings'] loop
        for month in select m at time zone 'UTC' from generate_series(
          date_trunc('month', first_month::timestamp), last_month::timestamp, interval '1 month') as m
        loop
          name := parent || '_' || to_char(month at time zone 'UTC', 'YYYYMM');
          continue when to_regclass('flux.' || name) is not null;
          execute format('select exists (select from flux.%I where time >= $1 and time < $2)', parent || '_default')
            into occupied using month, ((month at time zone 'UTC') + interval '1 month') at time zone 'UTC';
          continue when occupied;
          execute format('create table flux.%I (like flux.%I including all)', name, parent);
          execute format('create unique index on flux.%I (id)', name);
          execute format('grant select on flux.%I to anon, authenticated, service_role', name);
          execute format('alter table flux.%I attach partition flux.%I for values from (%L) to (%L)', parent, name,
            month, ((month at time zone 'UTC') + interval '1 month') at time zone 'UTC');
          made := made + 1;
        end loop;
      end loop;
      return made;
    end $$;
    grant select on all tables in schema flux to anon, authenticated, service_role;
  `)
}
