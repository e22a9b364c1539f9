import { createServer } from 'node:http'
import pg from 'pg'
import { POOL } from '../plan.ts'
import { listen } from './listen.ts'

/**
 * A bare server that reads the samples of one session in plain SQL, with the health of the parts where that is asked for,
 * and writes them with `JSON.stringify`.
 */
const [databaseUrl, tenantId, deviceId, start, end, health] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString: databaseUrl, max: POOL, options: '-c role=voltspec_app' })
const statement = {
  name: 'session',
  text: `select time as timestamp, connector_id, state, voltage_v as voltage, current_a as current, power_kw as power,
      energy_delivered_kwh as energy_delivered, soc_percent as soc, temperature_c as temperature${health === undefined ? '' : ', component_health'}
    from telemetry.readings
    where tenant_id = $1 and device_id = $2 and connector_id = 1 and time >= $3 and time <= $4 order by time`,
  values: [tenantId, deviceId, start, end],
}

listen(
  createServer(async (_request, response) => {
    const { rows } = await pool.query(statement)
    const body = JSON.stringify({ code: 0, message: 'success', data: { items: rows } })
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
    response.end(body)
  }),
)
