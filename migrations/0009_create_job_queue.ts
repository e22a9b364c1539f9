import type { Knex } from 'knex'
import { getConstructionPlans } from 'pg-boss'

/**
 * The tables of pg-boss, made by the owner so that the application role needs no right to create any. The library's
 * script brings its own BEGIN and COMMIT, which are taken off because a migration is one transaction already. When
 * pg-boss changes its schema, a migration of its own applies `getMigrationPlans`.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(
    getConstructionPlans('jobs')
      .replace(/^\s*BEGIN;/, '')
      .replace(/COMMIT;\s*$/, ''),
  )
  await knex.raw(`
    grant usage on schema jobs to voltspec_app;
    grant select, insert, update, delete on all tables in schema jobs to voltspec_app;
    grant usage on all sequences in schema jobs to voltspec_app;
    grant execute on all functions in schema jobs to voltspec_app;
  `)
}
