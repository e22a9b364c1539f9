import { createServer } from 'node:http'
import express from 'express'
import pg from 'pg'
import { readCallers } from '../fleet.ts'
import { POOL } from '../plan.ts'
import { listen } from './listen.ts'

/** What one would write by hand: Express, `express.json` and an insert per request. No validation, limits or log. */
const [databaseUrl, fleetFile] = process.argv.slice(2)
const callers = readCallers(fleetFile!)
const pool = new pg.Pool({ connectionString: databaseUrl, max: POOL })

const INSERT = `
  insert into bench.readings (tenant_id, device_id, connector_id, time, state, voltage_v, current_a, power_kw,
    energy_delivered_kwh, soc_percent)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

const app = express()
app.use(express.json())
app.post('/v1/device/telemetry', async (request, response) => {
  const { tenantId, deviceId } = callers.get(request.headers.authorization!)!
  const { connector_id, timestamp, state, voltage, current, power, energy_delivered, soc } = request.body
  const sample = [connector_id, timestamp, state, voltage, current, power, energy_delivered, soc]
  await pool.query(INSERT, [tenantId, deviceId, ...sample])
  response.json({ code: 0, message: 'success', data: null })
})
listen(createServer(app))
