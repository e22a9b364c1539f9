import fs from 'node:fs'
import pg from 'pg'
import { CHARGERS } from './plan.ts'

export interface Charger {
  tenantId: string
  deviceId: string
  token: string
}

/** Chargers and an operator with tokens that the server issued. */
export interface Fleet {
  chargers: Charger[]
  operatorToken: string
}

interface Client {
  client_id: string
  client_secret: string
}

/** The fields of the answers below; each has those of its operation. */
interface Answer {
  access_token: string
  data: { device_id: string; device_secret: string }
}

/** Registers chargers over HTTP and gets their tokens, as they would themselves. */
export async function registerFleet(port: number, databaseUrl: string, client: Client): Promise<Fleet> {
  const post = async (path: string, body: unknown): Promise<Answer> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
    return (await response.json()) as Answer
  }
  const grant_type = 'client_credentials'
  const chargers: Omit<Charger, 'tenantId'>[] = []
  for (let index = 0; index < CHARGERS; index++) {
    const sn = `BENCH-${String(index + 1).padStart(4, '0')}`
    const facts = { sn, model: 'TP-DC180', manufacturer: 'Tellus Power', firmware_version: '3.1.0' }
    const { device_id, device_secret } = (await post('/v1/device/register', facts)).data
    const { access_token } = await post('/v1/device/token', { device_id, device_secret, grant_type })
    chargers.push({ deviceId: device_id, token: access_token })
  }
  const { access_token: operatorToken } = await post('/v1/oauth/token', { ...client, grant_type })
  const tenants = await tenantsOf(databaseUrl)
  return {
    chargers: chargers.map(charger => ({ ...charger, tenantId: tenants.get(charger.deviceId)! })),
    operatorToken,
  }
}

async function tenantsOf(databaseUrl: string): Promise<Map<string, string>> {
  const database = new pg.Client({ connectionString: databaseUrl })
  await database.connect()
  try {
    const { rows } = await database.query('select device_id, tenant_id from core.devices')
    return new Map(rows.map(row => [row.device_id, row.tenant_id]))
  } finally {
    await database.end()
  }
}

/** Chargers by their `Authorization` header: all that a baseline knows of authentication. */
export function readCallers(fleetFile: string): Map<string, Charger> {
  const { chargers }: Fleet = JSON.parse(fs.readFileSync(fleetFile, 'utf8'))
  return new Map(chargers.map(charger => [`Bearer ${charger.token}`, charger]))
}
