import type { Knex } from 'knex'

/**
 * Every list of the board ends where its page ends, whatever it is filtered by; a period is a range of an index, and what
 * a filter leaves is counted in an index alone.
 *
 * Half of all messages have a given direction, and half a given type but for the rare ones: either alone needs no index,
 * because the newest messages hold enough of them. Together they may be rare, such as calls to stations. Frames that do
 * not parse are in no list but that of the errors.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index ocpp.messages_tenant_id_time_message_id_idx;
    drop index ocpp.messages_identity_time_message_id_idx;
    drop index ocpp.messages_tenant_id_method_time_message_id_idx;
    drop index ocpp.messages_tenant_id_type_time_message_id_idx;
    drop index ocpp.messages_tenant_id_direction_time_message_id_idx;
    create index on ocpp.messages (tenant_id, time desc, message_id desc) where type <> 'INVALID';
    create index on ocpp.messages (tenant_id, identity, time desc, message_id desc) where type <> 'INVALID';
    create index on ocpp.messages (tenant_id, identity, method, time desc, message_id desc) where type <> 'INVALID';
    create index on ocpp.messages (tenant_id, method, time desc, message_id desc) where type <> 'INVALID';
    create index on ocpp.messages (tenant_id, method, type, direction, time desc, message_id desc)
      where type <> 'INVALID';
    create index on ocpp.messages (tenant_id, type, direction, time desc, message_id desc) where type <> 'INVALID';
    create index on ocpp.messages (tenant_id, time desc, message_id desc) where type = 'SEND';
    create index on ocpp.messages (tenant_id, time desc, message_id desc)
      where type in ('CALLERROR', 'CALLRESULTERROR', 'INVALID');
    create index on ocpp.messages (tenant_id, identity, time desc, message_id desc)
      where type in ('CALLERROR', 'CALLRESULTERROR', 'INVALID');

    create index on ocpp.connection_states (tenant_id, connected_at desc, identity) where disconnected_at is null;

    create index on ocpp.security_events (tenant_id, time desc, event_id desc);
    create index on ocpp.security_events (tenant_id, category, time desc, event_id desc);
    create index on ocpp.security_events (tenant_id, severity, time desc, event_id desc);
    create index on ocpp.system_events (tenant_id, time desc, event_id desc);
    create index on ocpp.system_events (tenant_id, identity, time desc, event_id desc);
    create index on ocpp.charging_decisions (tenant_id, identity, decision_id desc);
    create index on ocpp.proxy_events (tenant_id, identity, event_id desc);
  `)
}
