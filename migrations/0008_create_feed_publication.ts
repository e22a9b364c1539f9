import type { Knex } from 'knex'

/**
 * What every server process reads from the write-ahead log. Tables that change at a high rate without anybody
 * listening (connectors, devices) are left out.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create publication voltspec for table
      telemetry.readings, telemetry.device_events, core.commands, core.charging_records, core.firmware_reports,
      core.access_tokens
    with (publish_via_partition_root = true);
  `)
}
