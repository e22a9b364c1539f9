import type { Knex } from 'knex'

/**
 * Lists are read newest first, and rows come oldest first. In the order in which rows come an index of all of them only
 * ever grows at its right end: its pages are filled, and Postgres writes each entry to its log once. In the order of the
 * lists it was halved page by page, and a half of each page was written again. Read backwards it gives the same lists.
 *
 * What a station says all day is half calls from it and half their answers, which a list of the action finds at once.
 * Only other kinds of messages have an index by kind: it costs those many rows nothing. The kind is one expression, so
 * that Postgres knows how rare it is.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index ocpp.messages_tenant_id_time_message_id_idx;
    drop index ocpp.messages_tenant_id_identity_time_message_id_idx;
    drop index ocpp.messages_tenant_id_identity_method_time_message_id_idx;
    drop index ocpp.messages_tenant_id_method_time_message_id_idx;
    drop index ocpp.messages_tenant_id_method_type_direction_time_message_id_idx;
    create index on ocpp.messages (tenant_id, time, message_id) where type <> 'INVALID';
    create index on ocpp.messages (tenant_id, identity, time, message_id) where type <> 'INVALID';
    create index on ocpp.messages (tenant_id, identity, method, time, message_id) where type <> 'INVALID';
    create index on ocpp.messages (tenant_id, method, time, message_id) where type <> 'INVALID';
    create index messages_kind_idx on ocpp.messages
      (tenant_id, (method || ' ' || type || ' ' || direction), time, message_id)
      where method || ' ' || type || ' ' || direction not in (
        'Heartbeat CALL IN', 'Heartbeat CALLRESULT OUT',
        'MeterValues CALL IN', 'MeterValues CALLRESULT OUT',
        'StatusNotification CALL IN', 'StatusNotification CALLRESULT OUT',
        'TransactionEvent CALL IN', 'TransactionEvent CALLRESULT OUT');

    drop index flux.mg_bess_readings_time_idx;
    drop index flux.mg_meter_readings_time_idx;
    create index on flux.mg_bess_readings (time);
    create index on flux.mg_meter_readings (time);
  `)
}
