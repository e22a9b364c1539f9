import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from } from 'pg-copy-streams'
import { newReading } from '../load/reading.ts'

/** Those below are the load process's, which counts its times by itself. */
const OTHER_DEVICES = 1000

/**
 * COPY, which is the fastest that Postgres takes rows at: transactions of so many new meter readings each, one after the
 * other on every connection.
 *
 * @returns rows per second
 */
export async function copyRows(
  databaseUrl: string,
  { connections, rows, seconds }: { connections: number; rows: number; seconds: number },
): Promise<number> {
  const columns = Object.keys(newReading(0))
  const statement = `copy flux.mg_meter_readings (${columns.join(', ')}) from stdin`
  const deadline = performance.now() + seconds * 1000
  const startedAt = performance.now()
  const copied = await Promise.all(
    Array.from({ length: connections }, async (_value, connection) => {
      const client = new pg.Client({ connectionString: databaseUrl })
      await client.connect()
      let total = 0
      while (performance.now() < deadline) {
        const lines = Array.from(
          { length: rows },
          () => `${Object.values(newReading(OTHER_DEVICES + connection)).join('\t')}\n`,
        )
        await pipeline(Readable.from([lines.join('')]), client.query(from(statement)))
        total += rows
      }
      await client.end()
      return total
    }),
  )
  return (copied.reduce((sum, rows) => sum + rows) * 1000) / (performance.now() - startedAt)
}
