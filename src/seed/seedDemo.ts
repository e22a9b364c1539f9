import { randomBytes, randomUUID } from 'node:crypto'
import type { Knex } from 'knex'
import { hashSecret, newSecret } from '../auth/secrets.ts'
import type { Config } from '../config.ts'
import { ensurePartitions } from '../jobs/ensurePartitions.ts'
import { connectAsOwner } from '../postgres/connect.ts'
import * as boardTokens from '../store/boardTokens.ts'
import * as clients from '../store/clients.ts'
import * as tenants from '../store/tenants.ts'
import {
  type BoardCredentials,
  type Credentials,
  credentialsFile,
  newFluxCredentials,
  readCredentials,
  writeCredentials,
} from './credentials.ts'
import { type DemoTenant, MODELS, TENANTS } from './fleet.ts'
import { seedFlux } from './fluxHistory.ts'
import { type Session, samplesOf, sessionsOf } from './history.ts'
import { partsHistory } from './partsHistory.ts'
import { randomFrom } from './random.ts'
import { seedStations } from './stations.ts'

interface SeedOptions {
  /** Also seed an outside database. */
  force: boolean
  /** How far back the readings of flux go. */
  fluxDays?: number
  say: (line: string) => void
}

/**
 * Fills an empty embedded database with two tenants, their fleets and a month of history, and writes
 * `credentials.json` beside the data. All of it is one transaction. A data directory from before a contract joined gets
 * what it lacks.
 *
 * @returns where the credentials are, or undefined where there are none
 */
export async function seedDemo(
  url: string,
  { dataDir, databaseUrl, fluxJwtSecret, archiveRawDays }: Config,
  { force, say, fluxDays = 30 }: SeedOptions,
): Promise<string | undefined> {
  const file = credentialsFile(dataDir)
  const knex = connectAsOwner(url)
  try {
    if (databaseUrl !== undefined && !force) return undefined
    const isSeeded = (await tenants.findBySlug(knex, TENANTS[0]!.slug)) !== undefined
    const known = isSeeded ? readCredentials(dataDir) : {}
    if (known === undefined) return undefined
    if (known.flux !== undefined && known.ocpp !== undefined && known.board !== undefined) return file
    say(isSeeded ? 'seeding what the demo lacks' : 'seeding two demo tenants with a month of history')
    await knex.transaction(async transaction => {
      await ensurePartitions(transaction, archiveRawDays)
      const tellus = isSeeded ? {} : await seedTellus(transaction)
      const flux = known.flux ?? (await newFlux(transaction, fluxDays, fluxJwtSecret))
      const ocpp = known.ocpp ?? (await seedStations(transaction))
      const credentials = { ...known, ...tellus, flux, ocpp }
      const board = known.board === undefined ? await seedBoard(transaction, credentials) : {}
      // Before the commit: killed in between, the next start seeds again, while secrets that nobody saw would stay lost.
      writeCredentials(dataDir, { ...credentials, ...board })
    })
    return file
  } finally {
    await knex.destroy()
  }
}

async function newFlux(db: Knex, days: number, secret: string | undefined): Promise<Credentials['flux']> {
  await seedFlux(db, days)
  return newFluxCredentials(secret)
}

async function seedTellus(db: Knex): Promise<Pick<Credentials, 'tellus' | 'other_tenant'>> {
  await seedCatalogue(db)
  const random = randomFrom(2026)
  const [first, second] = TENANTS
  const demo = await seedTenant(db, first!, random)
  const other = await seedTenant(db, second!, random)
  return {
    tellus: await consoleAndAdmin(db, first!.slug, demo),
    other_tenant: { tellus: await createConsole(db, second!.slug, other) },
  }
}

/** A token of the board for each tenant. */
async function seedBoard(db: Knex, { other_tenant }: Partial<Credentials>): Promise<Partial<Credentials>> {
  const [board, others] = await Promise.all(TENANTS.map(({ slug }) => createBoardToken(db, slug)))
  return { board: board!, other_tenant: { ...other_tenant!, board: others! } }
}

async function createBoardToken(db: Knex, slug: string): Promise<BoardCredentials> {
  const token = newSecret()
  const tenantId = await tenants.findBySlug(db, slug)
  await boardTokens.create(db, { hash: hashSecret(token), tenantId: tenantId!, userName: 'admin' })
  return { token }
}

async function seedCatalogue(db: Knex): Promise<void> {
  await db('core.device_models')
    .insert(MODELS.map(({ firmware, ...model }) => model))
    .onConflict(['manufacturer', 'model'])
    .ignore()
  const versions = MODELS.flatMap(({ manufacturer, model, firmware }) =>
    firmware.map((version, index) => ({ manufacturer, model, version, is_latest: index === firmware.length - 1 })),
  )
  await db('core.firmware_releases')
    .insert(versions)
    .onConflict(['manufacturer', 'model', 'version', 'tenant_id'])
    .ignore()
}

async function seedTenant(db: Knex, tenant: DemoTenant, random: () => number): Promise<string> {
  const tenantId = await tenants.create(db, { slug: tenant.slug, name: tenant.name })
  await db('core.operators').insert({ ...tenant.operator, tenant_id: tenantId, country: 'GB' })
  await db('core.configuration_profiles').insert(
    MODELS.map(({ manufacturer, model, max_power_kw }) => ({
      tenant_id: tenantId,
      name: `${model} standard`,
      manufacturer,
      model,
      version: '1',
      settings: JSON.stringify({ max_power_kw, heartbeat_interval_s: 30, telemetry_interval_s: 5 }),
    })),
  )
  for (const { chargers, serial, ...site } of tenant.sites) {
    const { operator_id } = tenant.operator
    await db('core.sites').insert({
      ...site,
      tenant_id: tenantId,
      operator_id,
      time_zone: 'Europe/London',
      created_at: daysAgo(60),
    })
    for (const [index, model] of chargers.entries()) {
      const place = { tenantId, siteId: site.site_id, sn: `${serial}-${String(index + 1).padStart(3, '0')}` }
      await seedCharger(db, place, MODELS[model]!, random)
    }
  }
  return tenantId
}

interface Place {
  tenantId: string
  siteId: string
  sn: string
}

async function seedCharger(
  db: Knex,
  { tenantId, siteId, sn }: Place,
  model: (typeof MODELS)[number],
  random: () => number,
): Promise<void> {
  const device_id = randomUUID()
  const latest = model.firmware.at(-1)!
  await db('core.devices').insert({
    device_id,
    tenant_id: tenantId,
    site_id: siteId,
    sn,
    manufacturer: model.manufacturer,
    model: model.model,
    firmware_version: random() < 0.7 ? latest : model.firmware[0],
    // Nobody holds this secret: an operator resets it to take the charger over.
    secret_hash: hashSecret(newSecret()),
    last_heartbeat_at: new Date(),
    heartbeat_status: 'online',
    created_at: daysAgo(60),
  })
  for (let connectorId = 1; connectorId <= model.connector_count; connectorId++) {
    const sessions = sessionsOf(model, connectorId, new Date(), random, randomUUID)
    const last = sessions.at(-1)
    await db('core.connectors').insert({
      device_id,
      connector_id: connectorId,
      state: 'idle',
      vehicle_connected: false,
      power_kw: 0,
      voltage_v: 0,
      current_a: 0,
      energy_delivered_kwh: last?.energy ?? 0,
      telemetry_at: last?.end ?? null,
      state_at: last?.end ?? null,
    })
    await insertRecords(db, { device_id, tenant_id: tenantId, site_id: siteId }, sessions)
    if (last !== undefined)
      await insertSamples(db, { device_id, tenant_id: tenantId, connector_id: connectorId }, last, model)
  }
  const owner = { device_id, tenant_id: tenantId, connector_id: 1 }
  await insertParts(db, owner, model.max_discharge_power_kw !== null, random)
}

/** At night, when nothing flows. */
async function insertParts(db: Knex, owner: object, discharges: boolean, random: () => number): Promise<void> {
  const reports = [...partsHistory({ discharges, now: new Date() }, random)]
  await db('telemetry.readings').insert(
    reports.map(({ time, health }) => ({
      ...owner,
      time,
      state: 'idle',
      voltage_v: 0,
      current_a: 0,
      power_kw: 0,
      energy_delivered_kwh: 0,
      soc_percent: 0,
      component_health: JSON.stringify(health),
      received_at: time,
    })),
  )
}

async function insertRecords(db: Knex, owner: object, sessions: Session[]): Promise<void> {
  if (sessions.length === 0) return
  await db('core.charging_records').insert(
    sessions.map(session => ({
      ...owner,
      record_id: session.record_id,
      connector_id: session.connector_id,
      start_time: session.start,
      end_time: session.end,
      energy_kwh: session.energy,
      discharge_energy_kwh: session.discharge_energy,
      max_power_kw: session.max_power,
      avg_power_kw: session.avg_power,
      cost: session.cost,
      currency: session.currency,
      stop_reason: session.stop_reason,
      vehicle_info: JSON.stringify(session.vehicle_info),
      created_at: session.end,
    })),
  )
}

async function insertSamples(db: Knex, owner: object, session: Session, model: (typeof MODELS)[number]): Promise<void> {
  const rows = [...samplesOf(session, model)].map(sample => ({
    ...owner,
    time: sample.time,
    state: 'charging',
    voltage_v: sample.voltage,
    current_a: sample.current,
    power_kw: sample.power,
    energy_delivered_kwh: sample.energy,
    soc_percent: sample.soc,
    temperature_c: sample.temperature,
    received_at: sample.time,
  }))
  await db.batchInsert('telemetry.readings', rows, 500)
}

async function consoleAndAdmin(db: Knex, slug: string, tenantId: string) {
  const { client_id: admin_client_id, client_secret: admin_client_secret } = await createClient(
    db,
    { slug, tenantId, name: 'admin' },
    ['read', 'write', 'admin'],
  )
  return { ...(await createConsole(db, slug, tenantId)), admin_client_id, admin_client_secret }
}

const createConsole = (db: Knex, slug: string, tenantId: string) =>
  createClient(db, { slug, tenantId, name: 'console' }, ['read', 'write'])

/** Only here is the secret known. */
async function createClient(
  db: Knex,
  { slug, tenantId, name }: { slug: string; tenantId: string; name: string },
  scopes: string[],
): Promise<{ client_id: string; client_secret: string }> {
  const client_secret = newSecret()
  const client_id = `${slug}-${name}-${randomBytes(4).toString('hex')}`
  await clients.create(db, {
    client_id,
    tenant_id: tenantId,
    name: `${slug} ${name}`,
    secret_hash: hashSecret(client_secret),
    scopes,
  })
  return { client_id, client_secret }
}

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)
