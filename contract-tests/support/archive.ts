import { after } from 'node:test'
import type pg from 'pg'
import { archiveTelemetry } from '../../src/jobs/archiveTelemetry.ts'
import { connectAsOwner, connectForWork } from '../../src/postgres/connect.ts'
import { componentHealth, record, sample } from './bodies.ts'
import type { TestServer } from './testServer.ts'

export const DAY = 86_400_000
const RETENTION = { archiveRawDays: 30, archiveMinuteDays: 90 }

/** Midnight UTC so many days ago. */
export const midnight = (daysAgo: number): number => Math.floor(Date.now() / DAY - daysAgo) * DAY
export const iso = (time: number): string => new Date(time).toISOString()

/** A server whose telemetry has the ages that a test wants. */
export async function openArchive(server: TestServer) {
  const owner = connectAsOwner(server.databaseUrl)
  after(() => owner.destroy())
  const token = await server.operator()

  /** A connection of the application role, as the job has it. */
  async function connection(): Promise<pg.Client> {
    const client = connectForWork(server.databaseUrl, () => {})
    await client.connect()
    return client
  }

  return {
    owner,
    connection,
    /** One whole run of the job. */
    async run() {
      const client = await connection()
      try {
        await archiveTelemetry(client, RETENTION)
      } finally {
        await client.end()
      }
    },
    /** Names of the tables of a tier, without the default ones. */
    async tables(prefix: 'readings' | 'minutes'): Promise<string[]> {
      const { rows } = await owner.raw(
        `select relname from pg_class where relnamespace = 'telemetry'::regnamespace and relkind = 'r'
           and relname ~ ? order by 1`,
        [`^${prefix}_[0-9]{8}$`],
      )
      return rows.map(({ relname }: { relname: string }) => relname)
    },
    /** Partitions for days that are too old to be made by now, as if they had been made in their time. */
    async partitions(from: number, to: number) {
      for (let day = from; day <= to; day += DAY)
        await owner.raw(`drop table if exists telemetry.minutes_${iso(day).slice(0, 10).replaceAll('-', '')}`)
      await owner.raw('update telemetry.archive_state set compacted_until = least(compacted_until, ?)', [iso(from)])
      await owner.raw('select telemetry.ensure_partitions(?::date, ?::date)', [iso(from), iso(to)])
    },
    /** A session of a new charger, with the ways to fill it and to look at it. */
    async session(start: number, end: number) {
      const { deviceId, token: own } = await server.charger()
      const body = record({ start_time: iso(start), end_time: iso(end) })
      const device = (path: string, body: unknown) => server.call('POST', `/v1/device/${path}`, { token: own, body })
      await device('charging-records', body)
      const { rows } = await owner.raw('select tenant_id from core.devices where device_id = ?', [deviceId])
      const path = `/v1/operator/devices/${deviceId}/sessions/${body.record_id}/telemetry`
      return {
        deviceId,
        device,
        get: async (query = '') => (await server.call('GET', `${path}${query}`, { token })).body.data,
        upload: (time: number, change: object = {}) =>
          device('telemetry', sample({ timestamp: iso(time), ...change })).then(({ status }) => status),
        history: async (from: number, to: number) => {
          const query = `?start_time=${iso(from)}&end_time=${iso(to)}`
          const { body } = await server.call('GET', `/v1/devices/${deviceId}/component-health/history${query}`, {
            token,
          })
          return body.data
        },
        /**
         * Samples every 5 s from the start to the end, both included. The power is the number of the sample within its
         * minute; every second one tells of the parts, whose fan turns as often as the minute of the session says.
         */
        async fill() {
          await owner.raw(
            `insert into telemetry.readings (tenant_id, device_id, connector_id, time, state, voltage_v, current_a,
               power_kw, energy_delivered_kwh, soc_percent, temperature_c, component_health)
             select :tenant, :device, 1, :start::timestamptz + n * interval '5 seconds', 'charging', 400, 100, n % 12,
               n, 50, 30, case when n % 2 = 0
                 then jsonb_set(:health, '{cooling_fan_rpm}', to_jsonb(n / 12)) end
             from generate_series(0, :count::int) n`,
            {
              tenant: rows[0].tenant_id,
              device: deviceId,
              start: iso(start),
              count: Math.floor((end - start) / 5000),
              health: JSON.stringify(componentHealth()),
            },
          )
        },
      }
    },
  }
}
