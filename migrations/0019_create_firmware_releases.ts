import type { Knex } from 'knex'

/**
 * The catalogue of firmware becomes a list of releases: those without a tenant are everybody's, the others their
 * tenant's. A tenant has at most one latest release per model, and so has the catalogue.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table core.firmware_versions rename to firmware_releases;
    alter table core.firmware_releases
      add column release_id uuid not null default gen_random_uuid(),
      add column tenant_id uuid references core.tenants,
      add column notes text,
      add column download_url text,
      add column sha256 text,
      add column updated_at timestamptz not null default now();
    alter table core.firmware_releases drop constraint firmware_versions_pkey;
    alter table core.firmware_releases add primary key (release_id);
    create unique index on core.firmware_releases (manufacturer, model, version, tenant_id) nulls not distinct;
    drop index core.firmware_versions_manufacturer_model_idx;
    create unique index on core.firmware_releases (manufacturer, model, tenant_id) nulls not distinct where is_latest;
  `)
}
