import type { Knex } from 'knex'

/** What a charger reports of its parts belongs to the sample that brought it, and lives as long. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table telemetry.readings add column component_health jsonb;
    create index on telemetry.readings (device_id, time desc) where component_health is not null;
  `)
}
