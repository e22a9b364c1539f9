import type { Knex } from 'knex'

/** Every list of the board ends where its page ends, whatever it is filtered by, and a period is a range of an index. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index on ocpp.connection_states (tenant_id, connected_at desc, identity) where disconnected_at is null;

    create index on ocpp.messages (tenant_id, time desc, message_id desc)
      where type in ('CALLERROR', 'CALLRESULTERROR', 'INVALID');

    create index on ocpp.security_events (tenant_id, time desc, event_id desc);
    create index on ocpp.security_events (tenant_id, category, time desc, event_id desc);
    create index on ocpp.security_events (tenant_id, severity, time desc, event_id desc);
    create index on ocpp.system_events (tenant_id, time desc, event_id desc);
    create index on ocpp.system_events (tenant_id, identity, time desc, event_id desc);
    create index on ocpp.charging_decisions (tenant_id, identity, decision_id desc);
    create index on ocpp.proxy_events (tenant_id, identity, event_id desc);
  `)
}
