import { createServer } from 'node:http'
import knexFactory, { type Knex } from 'knex'
import pg from 'pg'
import * as chargingRecords from '../../src/store/chargingRecords.ts'
import * as devices from '../../src/store/devices.ts'
import * as sites from '../../src/store/sites.ts'
import { POOL } from '../plan.ts'
import { listen } from './listen.ts'

/** A bare server with the console's own statements, ready with their values, and `JSON.stringify`. */
const [databaseUrl, tenantId] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString: databaseUrl, max: POOL, options: '-c role=voltspec_app' })
const builder = knexFactory({ client: 'pg' })

interface Statement {
  text: string
  values: unknown[]
}

/** The statement that a function of the store runs, taken from it rather than copied, so that the two cannot part. */
async function statementOf(run: (db: Knex) => Promise<unknown>): Promise<Statement> {
  let statement: Statement | undefined
  const db = {
    async raw(sql: string, bindings: Record<string, Knex.Value>) {
      const native = builder.raw(sql, bindings).toSQL().toNative()
      statement = { text: native.sql, values: [...native.bindings] }
      return { rows: [{ items: [], total: 0 }] }
    },
  }
  await run(db as unknown as Knex)
  return statement!
}

const statements: Record<string, Statement> = {
  '/v1/devices': await statementOf(db => devices.list(db, tenantId!, {}, 90)),
  '/v1/sites': await statementOf(db => sites.list(db, tenantId!, {})),
  '/v1/charging-records?size=20': await statementOf(db => chargingRecords.list(db, tenantId!, { size: 20 })),
}

listen(
  createServer(async (request, response) => {
    const { rows } = await pool.query(statements[request.url!]!)
    const { items, total } = rows[0]
    const body = JSON.stringify({ code: 0, message: 'success', data: { items, total, page: 1, size: 20 } })
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
    response.end(body)
  }),
)
