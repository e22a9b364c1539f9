import { randomUUID } from 'node:crypto'
import type { Knex } from 'knex'
import type { Outcome } from '../../src/ocpp/action.ts'
import type { CallStation } from '../../src/ocpp/smartCharging/planner.ts'
import { DEFAULT_ID } from '../../src/ocpp/smartCharging/profiles.ts'
import { PHASE_VOLTS, type SiteCharging } from '../../src/ocpp/smartCharging/settings.ts'

/** A site that shares its power evenly among all that charge. */
export const EVENLY: SiteCharging = {
  enabled: true,
  limitKw: 30,
  marginPercent: 0,
  strategy: 'equal_share',
  priorities: {},
  timeZone: null,
  windows: [],
  prices: null,
  connectors: [],
}

/** Stations of a site of their own that are known to the database, and answer as a test says. */
export interface StationFleet {
  siteId: string
  tenantId: string
  /** Begins a session. @returns the key of its transaction */
  begin(identity: string, session?: { connectorId?: number; idTag?: string }): Promise<string>
  finish(transactionKey: string): Promise<void>
  /** Calls to the stations, in place of their sockets. */
  call: CallStation
  /** Connects a station that has so many connectors; without it what sessions begin with cannot be told. */
  connect(identity: string, connectors: number): Promise<void>
  /** What sessions begin with at each station that took it, in kW. */
  defaults: Map<string, number>
  /** What the station was told last, in kW, by transaction id. */
  limits: Map<string, number>
  /** What they do when they are told; they accept when it is not said. */
  behaviour: Map<string, Outcome>
  /** The most that all sessions were allowed at a time, and those that might have begun meanwhile, in kW. */
  peakKw(): number
  /** The calls so far, in order. */
  calls: { identity: string; action: string; payload: Record<string, unknown> }[]
}

export type Profile = {
  transactionId?: number | string
  chargingSchedule: Schedule | Schedule[]
}
type Schedule = { chargingRateUnit: string; chargingSchedulePeriod: { limit: number; numberPhases: number }[] }

/** @param ratingKw what each connector takes */
export async function createFleet(
  db: Knex,
  stations: Record<string, 'ocpp1.6' | 'ocpp2.0.1'>,
  ratingKw = 22,
): Promise<StationFleet> {
  const tenant = await db('core.tenants').first('tenant_id').where({ slug: 'acme' })
  const tenantId: string = tenant.tenant_id
  const siteId = `site-${randomUUID()}`
  await db('core.sites').insert({
    site_id: siteId,
    tenant_id: tenantId,
    name: 'Depot',
    address: '1 Dock Road',
    postcode: 'E16 1AA',
    latitude_deg: 51.5,
    longitude_deg: 0,
    power_capacity_kw: ratingKw,
    time_zone: 'Europe/London',
  })
  const devices = new Map<string, string>()
  for (const identity of Object.keys(stations)) {
    const [device] = await db('core.devices')
      .insert({
        tenant_id: tenantId,
        site_id: siteId,
        sn: `SN-${randomUUID()}`,
        manufacturer: 'Nobody',
        model: 'None',
        firmware_version: '1',
        secret_hash: Buffer.alloc(32),
      })
      .returning('device_id')
    devices.set(identity, device.device_id)
    await db('ocpp.stations').insert({ identity, tenant_id: tenantId, site_id: siteId, device_id: device.device_id })
  }
  const limits = new Map<string, number>()
  const defaults = new Map<string, number>()
  const connectors = new Map<string, number>()
  const running = new Map<string, { identity: string; ids: string[] }>()
  const behaviour = new Map<string, Outcome>()
  const calls: StationFleet['calls'] = []
  let peak = 0
  const notePeak = () => {
    const ofRunning = [...running.values()].map(
      ({ identity, ids }) => limits.get(ids.find(id => limits.has(id)) ?? '') ?? defaults.get(identity) ?? 0,
    )
    const ofIdle = [...connectors].map(([identity, count]) => {
      const busy = [...running.values()].filter(session => session.identity === identity).length
      return (count - busy) * (defaults.get(identity) ?? 0)
    })
    peak = Math.max(
      peak,
      [...ofRunning, ...ofIdle].reduce((sum, kw) => sum + kw, 0),
    )
  }
  return {
    siteId,
    tenantId,
    limits,
    behaviour,
    calls,
    defaults,
    peakKw: () => peak,
    async connect(identity, count) {
      const ids = Array.from({ length: count }, (_, index) => index + 1)
      connectors.set(identity, count)
      await db('core.connectors').insert(ids.map(id => ({ device_id: devices.get(identity), connector_id: id })))
      await db('ocpp.connection_states').insert({
        tenant_id: tenantId,
        identity,
        connection_id: randomUUID(),
        remote_address: '127.0.0.1',
        protocol: stations[identity],
        connected_at: db.fn.now(),
      })
    },
    async begin(identity, { connectorId = 1, idTag } = {}) {
      const [row] = await db('ocpp.transactions')
        .insert({
          tenant_id: tenantId,
          identity,
          device_id: devices.get(identity),
          protocol: stations[identity],
          transaction_id: randomUUID(),
          connector_id: connectorId,
          evse_id: stations[identity] === 'ocpp1.6' ? null : connectorId,
          id_tag: idTag ?? null,
          started_at: db.raw('clock_timestamp()'),
        })
        .returning(['transaction_key', 'transaction_id', 'numeric_id'])
      running.set(row.transaction_key, { identity, ids: [row.transaction_id, String(row.numeric_id)] })
      notePeak()
      return row.transaction_key
    },
    async finish(transactionKey) {
      const [row] = await db('ocpp.transactions')
        .where({ transaction_key: transactionKey })
        .update({ ended_at: db.fn.now() })
        .returning(['transaction_id', 'numeric_id'])
      for (const id of [row.transaction_id, String(row.numeric_id)]) limits.delete(id)
      running.delete(transactionKey)
    },
    async call({ identity, action, payload }) {
      calls.push({ identity, action, payload })
      const outcome = behaviour.get(identity) ?? { kind: 'result', payload: { status: 'Accepted' } }
      if (outcome.kind !== 'result' || outcome.payload.status !== 'Accepted') return outcome
      const profile = (payload.csChargingProfiles ?? payload.chargingProfile) as Profile | undefined
      if (profile?.transactionId !== undefined) limits.set(String(profile.transactionId), kwOf(profile))
      else if (profile !== undefined) defaults.set(identity, kwOf(profile))
      else if (payload.id === DEFAULT_ID || payload.chargingProfileId === DEFAULT_ID) defaults.delete(identity)
      notePeak()
      return outcome
    },
  }
}

/** What a profile allows, in kW. */
export function kwOf({ chargingSchedule }: Profile): number {
  const [schedule] = [chargingSchedule].flat()
  const { limit, numberPhases } = schedule!.chargingSchedulePeriod[0]!
  return (schedule!.chargingRateUnit === 'W' ? limit : limit * PHASE_VOLTS * numberPhases) / 1000
}
