import type { Knex } from 'knex'

/** Lifting a control looks for the commands of that control and of the others on the same connectors. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index on core.commands (control_id) where control_id is not null;
    create index on core.commands (device_id, connector_id) where command = 'set_power_limit' and control_id is not null;
  `)
}
