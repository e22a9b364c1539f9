import { createServer } from 'node:http'
import { openIngest } from '../../src/ingest/ingest.ts'
import { connect } from '../../src/postgres/connect.ts'
import { readCallers } from '../fleet.ts'
import { listen } from './listen.ts'

/** A bare server on the same group commit with the same SQL: what remains when everything that makes an API is left out. */
const [databaseUrl, fleetFile] = process.argv.slice(2)
const callers = readCallers(fleetFile!)
const { ingestPool } = connect(databaseUrl!, error => console.error(error))
const { readings } = openIngest(ingestPool, { queueLimit: 20_000 })

listen(
  createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', async () => {
      const { tenantId, deviceId } = callers.get(request.headers.authorization!)!
      const sample = JSON.parse(Buffer.concat(chunks).toString())
      await readings.submit({
        tenantId,
        deviceId,
        connectorId: sample.connector_id,
        time: new Date(sample.timestamp),
        state: sample.state,
        voltage: sample.voltage,
        current: sample.current,
        power: sample.power,
        energyDelivered: sample.energy_delivered,
        soc: sample.soc,
        temperature: null,
        faultCode: null,
        phaseDetails: null,
        componentHealth: null,
        live: true,
      })
      const body = JSON.stringify({ code: 0, message: 'success', data: null })
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
      response.end(body)
    })
  }),
)
