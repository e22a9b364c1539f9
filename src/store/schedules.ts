import { randomUUID } from 'node:crypto'
import type { Knex } from 'knex'
import { notFound } from '../errors.ts'
import type { Schedule } from '../schedule/edges.ts'
import { isUuid } from './uuid.ts'

export interface ScheduleDocument extends Schedule {
  schedule_id: string
  timezone?: string | null
}

export interface ScheduleRow {
  tenant_id: string
  device_id: string
  connector_id: number
  schedule_id: string
  revision: string
  document: ScheduleDocument
  time_zone: string
  next_command_at: Date | null
  updated_at: Date
}

/** The zone of a connector's site, for schedules that name none. @throws notFound for a connector never seen */
export async function zoneOf(db: Knex, tenantId: string, deviceId: string, connectorId: number): Promise<string> {
  const row = isUuid(deviceId)
    ? await db('core.connectors as c')
        .join('core.devices as d', 'd.device_id', 'c.device_id')
        .leftJoin('core.sites as s', 's.site_id', 'd.site_id')
        .first('s.time_zone')
        .where({ 'c.device_id': deviceId, 'c.connector_id': connectorId, 'd.tenant_id': tenantId })
    : undefined
  if (row === undefined) throw notFound('connector')
  return row.time_zone ?? 'UTC'
}

interface NewSchedule {
  tenantId: string
  deviceId: string
  connectorId: number
  document: ScheduleDocument
  zone: string
  setAt: Date
  nextCommandAt: Date | null
}

/** Replaces the connector's schedule and returns it; what was planned for the old one ends with its revision. */
export async function put(db: Knex, schedule: NewSchedule): Promise<ScheduleRow> {
  const row = {
    device_id: schedule.deviceId,
    connector_id: schedule.connectorId,
    tenant_id: schedule.tenantId,
    schedule_id: schedule.document.schedule_id,
    revision: randomUUID(),
    document: JSON.stringify(schedule.document),
    time_zone: schedule.zone,
    next_command_at: schedule.nextCommandAt,
    updated_at: schedule.setAt,
  }
  const [stored] = await db('core.schedules')
    .insert(row)
    .onConflict(['device_id', 'connector_id'])
    .merge()
    .returning('*')
  return stored
}

export async function find(
  db: Knex,
  tenantId: string,
  deviceId: string,
  connectorId: number,
): Promise<ScheduleRow | undefined> {
  if (!isUuid(deviceId)) return undefined
  return db('core.schedules').first().where({ device_id: deviceId, connector_id: connectorId, tenant_id: tenantId })
}

/** The connector's schedule, locked until the transaction ends. */
export async function lock(db: Knex, deviceId: string, connectorId: number): Promise<ScheduleRow | undefined> {
  return db('core.schedules').first().where({ device_id: deviceId, connector_id: connectorId }).forUpdate()
}

/** Removes the schedule and returns it; undefined where there was none. */
export async function remove(
  db: Knex,
  tenantId: string,
  deviceId: string,
  connectorId: number,
): Promise<ScheduleRow | undefined> {
  if (!isUuid(deviceId)) return undefined
  const [removed] = await db('core.schedules')
    .where({ device_id: deviceId, connector_id: connectorId, tenant_id: tenantId })
    .delete()
    .returning('*')
  return removed
}

/** The schedule if it is still the one that a job was made for, locked until the transaction ends. */
export async function lockRevision(
  db: Knex,
  deviceId: string,
  connectorId: number,
  revision: string,
): Promise<ScheduleRow | undefined> {
  return db('core.schedules').first().where({ device_id: deviceId, connector_id: connectorId, revision }).forUpdate()
}

export async function setNext(db: Knex, deviceId: string, connectorId: number, at: Date | null): Promise<void> {
  await db('core.schedules').where({ device_id: deviceId, connector_id: connectorId }).update({ next_command_at: at })
}

/** A stored schedule as the contract shows it: what was set, with its gaps filled. */
export function toSchedule(row: ScheduleRow) {
  const { document } = row
  return {
    schedule_id: row.schedule_id,
    enabled: document.enabled,
    type: document.type,
    time_slots: document.time_slots,
    target_soc: document.target_soc ?? null,
    effective_from: document.effective_from ?? null,
    effective_until: document.effective_until ?? null,
    timezone: row.time_zone,
    device_id: row.device_id,
    connector_id: row.connector_id,
    next_command_at: row.next_command_at?.toISOString() ?? null,
    updated_at: row.updated_at.toISOString(),
  }
}
