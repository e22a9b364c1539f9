import type { Knex } from 'knex'

/**
 * Token buckets that all server processes share. A process leases some tokens at a time, so a request rarely comes
 * here. Unlogged: a crash of the database refills the buckets, which is no loss worth a write to the log.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create unlogged table ops.rate_buckets (
      key text primary key,
      tokens double precision not null,
      at timestamptz not null
    );
    create index on ops.rate_buckets (at);
    grant select, insert, update, delete on ops.rate_buckets to voltspec_app;

    create function ops.lease_tokens(
      bucket text, burst double precision, per_second double precision, wanted double precision,
      out granted double precision, out remaining double precision)
    language plpgsql set search_path = pg_catalog, ops as $$
    begin
      insert into ops.rate_buckets (key, tokens, at) values (bucket, burst, clock_timestamp()) on conflict do nothing;
      select least(burst, tokens + greatest(0, extract(epoch from clock_timestamp() - at)) * per_second)
        into remaining from ops.rate_buckets where key = bucket for update;
      granted := floor(least(wanted, remaining));
      remaining := remaining - granted;
      update ops.rate_buckets set tokens = remaining, at = clock_timestamp() where key = bucket;
    end $$;
    revoke all on function ops.lease_tokens from public;
    grant execute on function ops.lease_tokens to voltspec_app;
  `)
}
