import type { Knex } from 'knex'

/**
 * What stations tell of themselves beside sessions. Each table holds what is known now, one row per thing that is told
 * of, so a station that repeats itself fills nothing; only monitoring events are a history, which a job shortens. An EVSE of 0 is the station.
 *
 * Id tags are compared without regard to case, as OCPP says of them.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create unique index on ocpp.id_tags (tenant_id, lower(id_tag));

    create table ocpp.station_statuses (
      tenant_id uuid not null,
      identity text not null references ocpp.stations,
      subject text not null check (subject in ('firmware', 'published_firmware', 'diagnostics', 'log')),
      request_id bigint,
      status text not null,
      details jsonb not null default '{}',
      reported_at timestamptz not null,
      unique nulls not distinct (identity, subject, request_id)
    );

    create table ocpp.variables (
      tenant_id uuid not null,
      identity text not null references ocpp.stations,
      component text not null,
      component_instance text,
      evse_id int,
      connector_id int,
      variable text not null,
      variable_instance text,
      attribute text not null,
      value text,
      mutability text,
      characteristics jsonb,
      reported_at timestamptz not null,
      unique nulls not distinct
        (identity, component, component_instance, evse_id, connector_id, variable, variable_instance, attribute)
    );
    create table ocpp.variable_monitors (
      tenant_id uuid not null,
      identity text not null references ocpp.stations,
      monitor_id bigint not null,
      component jsonb not null,
      variable jsonb not null,
      type text not null,
      value double precision not null,
      severity int not null,
      only_in_transaction boolean not null,
      reported_at timestamptz not null,
      primary key (identity, monitor_id)
    );
    create table ocpp.monitoring_events (
      tenant_id uuid not null,
      identity text not null references ocpp.stations,
      event_id bigint not null,
      time timestamptz not null,
      monitor_id bigint,
      component jsonb not null,
      variable jsonb not null,
      trigger text not null,
      actual_value text not null,
      transaction_id text,
      details jsonb not null,
      primary key (identity, time, event_id)
    );
    create index on ocpp.monitoring_events (time);
    create table ocpp.event_streams (
      tenant_id uuid not null,
      identity text not null references ocpp.stations,
      stream_id bigint not null,
      monitor_id bigint not null,
      parameters jsonb not null,
      opened_at timestamptz not null,
      closed_at timestamptz,
      latest_value text,
      latest_at timestamptz,
      primary key (identity, stream_id)
    );

    create table ocpp.reported_profiles (
      tenant_id uuid not null,
      identity text not null references ocpp.stations,
      evse_id int not null,
      profile_id bigint not null,
      source text not null,
      profile jsonb not null,
      reported_at timestamptz not null,
      primary key (identity, evse_id, profile_id)
    );
    create table ocpp.outside_limits (
      tenant_id uuid not null,
      identity text not null references ocpp.stations,
      evse_id int not null,
      source text not null,
      charging_limit jsonb not null,
      schedules jsonb not null,
      reported_at timestamptz not null,
      cleared_at timestamptz,
      primary key (identity, evse_id, source)
    );
    create table ocpp.vehicle_wishes (
      tenant_id uuid not null,
      identity text not null references ocpp.stations,
      evse_id int not null,
      needs jsonb,
      needs_at timestamptz,
      schedule jsonb,
      schedule_at timestamptz,
      primary key (identity, evse_id)
    );

    create table ocpp.display_messages (
      tenant_id uuid not null,
      identity text not null references ocpp.stations,
      message_id bigint not null,
      message jsonb not null,
      reported_at timestamptz not null,
      primary key (identity, message_id)
    );
    create table ocpp.customer_information (
      tenant_id uuid not null,
      identity text not null references ocpp.stations,
      request_id bigint not null,
      sequence int not null,
      data text not null,
      generated_at timestamptz not null,
      received_at timestamptz not null default now(),
      primary key (identity, request_id, sequence)
    );
    create index on ocpp.customer_information (received_at);

    grant select, insert, update on ocpp.station_statuses, ocpp.variables, ocpp.variable_monitors,
      ocpp.event_streams, ocpp.reported_profiles, ocpp.outside_limits, ocpp.vehicle_wishes, ocpp.display_messages,
      ocpp.customer_information to voltspec_app;
    grant delete on ocpp.customer_information to voltspec_app;
    grant select, insert, delete on ocpp.monitoring_events to voltspec_app;
  `)
}
