import assert from 'node:assert/strict'
import http from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { type Charger, send } from './requests.ts'
import { query } from './workplace.ts'

interface Sample {
  timestamp: string
  connector_id: number
  state: string
  voltage: number
  current: number
  power: number
  energy_delivered: number
  soc: number
}

/** Chargers that upload without a pause, each sample again and again until it is acknowledged. */
export interface Load {
  /** By charger and sample; what the server answered with 200. */
  acknowledged: { deviceId: string; sample: Sample }[]
  /** How often each status came. */
  statuses: Record<number, number>
  /** Answers other than 200, in words. */
  refusals: Set<string>
  /** Errors of connections, by code. */
  broken: Record<string, number>
  /** Ends it after the requests that are on their way. */
  stop(): Promise<void>
}

const CONNECTIONS = 64

/** @param url asked before each request, so that the load follows a server to another port */
export function startLoad(url: () => string, chargers: Charger[]): Load {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  let running = true
  let count = 0
  const load: Omit<Load, 'stop'> = { acknowledged: [], statuses: {}, refusals: new Set(), broken: {} }
  const first = Date.now() - 3_600_000

  const upload = async (charger: Charger): Promise<void> => {
    const sample = nextSample(first + count, count++)
    while (running) {
      try {
        const { status, body } = await send('POST', `${url()}/v1/device/telemetry`, {
          token: charger.token,
          body: sample,
          agent,
        })
        load.statuses[status] = (load.statuses[status] ?? 0) + 1
        if (status === 200) {
          load.acknowledged.push({ deviceId: charger.deviceId, sample })
          return
        }
        load.refusals.add(`${status} ${body.message}`)
      } catch (error) {
        const { code = 'unknown' } = error as { code?: string }
        load.broken[code] = (load.broken[code] ?? 0) + 1
      }
      await delay(20)
    }
  }
  const workers = Array.from({ length: CONNECTIONS }, async (_, index) => {
    while (running) await upload(chargers[index % chargers.length]!)
  })
  return {
    ...load,
    async stop() {
      running = false
      await Promise.all(workers)
      agent.destroy()
    },
  }
}

function nextSample(time: number, count: number): Sample {
  return {
    timestamp: new Date(time).toISOString(),
    connector_id: 1 + (count % 2),
    state: 'charging',
    voltage: 400 + Math.random(),
    current: 100 + Math.random(),
    power: 40 + Math.random(),
    energy_delivered: count / 7,
    soc: Math.random() * 100,
  }
}

export async function acknowledgements(load: Load, count: number): Promise<void> {
  const deadline = performance.now() + 15_000
  while (load.acknowledged.length < count) {
    if (performance.now() > deadline) {
      const { statuses, broken } = load
      throw new Error(`only ${load.acknowledged.length} of ${count}: ${JSON.stringify({ statuses, broken })}`)
    }
    await delay(10)
  }
}

/** Every acknowledged sample is in the table, once and as it was acknowledged. */
export async function assertStored(databaseUrl: string, load: Load): Promise<void> {
  const acknowledged = [...load.acknowledged]
  const devices = [...new Set(acknowledged.map(({ deviceId }) => deviceId))]
  const rows = await query<Record<string, unknown>>(
    databaseUrl,
    `select device_id, connector_id, time, state, voltage_v, current_a, power_kw, energy_delivered_kwh, soc_percent
     from telemetry.readings where device_id = any($1)`,
    [devices],
  )
  const stored = new Map(
    rows.map(row => [`${row.device_id} ${row.connector_id} ${(row.time as Date).toISOString()}`, row]),
  )
  assert.equal(stored.size, rows.length)
  for (const { deviceId, sample } of acknowledged) {
    const row = stored.get(`${deviceId} ${sample.connector_id} ${sample.timestamp}`)
    assert.ok(row, `the acknowledged sample of ${sample.timestamp} is lost`)
    assert.deepEqual(
      [row.state, row.voltage_v, row.current_a, row.power_kw, row.energy_delivered_kwh, row.soc_percent],
      [sample.state, sample.voltage, sample.current, sample.power, sample.energy_delivered, sample.soc],
    )
  }
}
