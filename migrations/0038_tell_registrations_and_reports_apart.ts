import type { Knex } from 'knex'

/**
 * A registration is one with a version of OCPP. What is registered keeps it with the version of the connection that it
 * said so over, as far as that is still known. What a station reports twice, because it heard no answer, is one event.
 * What was connected before a password was taken back is told from what came after, and one that a station was given over
 * OCPP is kept until it has said that it took it. The last failed login of a name from an address says how many there were.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table ocpp.stations add column registration_protocol text;
    update ocpp.stations s set registration_protocol = coalesce(
      (select protocol from ocpp.connections c
       where c.identity = s.identity and c.tenant_id = s.tenant_id and c.connected_at <= s.booted_at
       order by c.connected_at desc limit 1),
      (select protocol from ocpp.connection_states c where c.identity = s.identity and c.tenant_id = s.tenant_id))
    where registration is not null;

    alter table ocpp.stations
      add column password_epoch int not null default 0,
      add column next_password_hash bytea;

    alter table ocpp.security_events add column fingerprint text;
    create unique index on ocpp.security_events (tenant_id, identity, fingerprint) where fingerprint is not null;
    create index on ocpp.security_events (tenant_id, identity, (details->>'ip'), event_id desc)
      where category = 'AUTH_FAILED';
  `)
}
