import path from 'node:path'
import { startEmbeddedPostgres } from '../../src/postgres/embedded.ts'
import { startServer } from '../child.ts'
import { LISTENING, SETTINGS, startFlags } from '../place.ts'
import type { Line } from '../table.ts'

const WANTED_SECONDS = 2

export interface BootRun {
  /** From the start of the process to a 200 of `/v1/health`, in seconds. */
  whole: number
  /** Of it, what the embedded Postgres takes by itself. */
  postgres: number
}

/** Boots the server with its own Postgres on a data directory that is there. Nothing else may use the directory. */
export async function runBoot(dataDir: string): Promise<BootRun> {
  const postgresFrom = performance.now()
  const postgres = await startEmbeddedPostgres(dataDir, () => {})
  const postgresSeconds = (performance.now() - postgresFrom) / 1000
  await postgres.stop()

  const from = performance.now()
  const server = await startServer({
    file: 'src/main.ts',
    env: { ...SETTINGS, DATA_DIR: dataDir, LOG_FILE: path.join(dataDir, 'server.log') },
    nodeOptions: startFlags(),
    listening: LISTENING,
  })
  const { status } = await fetch(`http://127.0.0.1:${server.port}/v1/health`)
  const whole = (performance.now() - from) / 1000
  await server.stop()
  if (status !== 200) throw new Error(`/v1/health answered ${status} after the start`)
  return { whole, postgres: postgresSeconds }
}

export function bootLines(runs: BootRun[]): Line[] {
  return [
    {
      name: "boot to healthy, less Postgres's own start",
      unit: 's',
      ours: runs.map(({ whole, postgres }) => whole - postgres),
      wanted: { atMost: WANTED_SECONDS },
    },
    { name: "boot to healthy, with Postgres's own start", unit: 's', ours: runs.map(({ whole }) => whole) },
  ]
}
