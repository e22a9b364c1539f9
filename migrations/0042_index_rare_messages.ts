import type { Knex } from 'knex'

/**
 * Nearly all messages are calls of stations and their answers: of either there is one in every few rows, so that a list of
 * them ends soon without an index of its own. That index is for the others, and costs the many rows nothing.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index ocpp.messages_tenant_id_type_direction_time_message_id_idx;
    create index on ocpp.messages (tenant_id, type, direction, time desc, message_id desc)
      where type not in ('CALL', 'CALLRESULT', 'INVALID')
        or (type = 'CALL' and direction = 'OUT') or (type = 'CALLRESULT' and direction = 'IN');
  `)
}
