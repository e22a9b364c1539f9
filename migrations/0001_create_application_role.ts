import type { Knex } from 'knex'

/**
 * The server works as `voltspec_app`, a role that owns nothing and cannot log in: its connections start as the login
 * role and switch with `options=-c role=voltspec_app`. Roles belong to the whole cluster, so it may exist already.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    do $$ begin
      create role voltspec_app nologin;
    exception when duplicate_object or unique_violation then null;
    end $$;
    grant voltspec_app to current_user;
    create schema core;
    create schema telemetry;
    create schema ops;
    grant usage on schema core, telemetry, ops to voltspec_app;
  `)
}
