import type { Knex } from 'knex'

/** Every connection and every report of a station is an event, so a job removes those that are old. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    grant delete on ocpp.security_events, ocpp.system_events to voltspec_app;
    create index on ocpp.security_events using brin (time);
    create index on ocpp.system_events using brin (time);
  `)
}
