import fs from 'node:fs'
import path from 'node:path'
import type { Logger } from 'pino'
import { startApp } from './app.ts'
import { type Config, readConfig } from './config.ts'
import { contracts } from './contracts/index.ts'
import { StartError } from './errors.ts'
import { openLog } from './log.ts'
import { checkPostgres } from './postgres/connect.ts'
import { startEmbeddedPostgres } from './postgres/embedded.ts'
import { isCurrent, migrate } from './postgres/migrate.ts'
import { seedDemo } from './seed/seedDemo.ts'

const say = (line: string) => process.stdout.write(`${line}\n`)

/** config -> database -> app -> listen; drains on SIGTERM and Ctrl-C. */
async function main(): Promise<void> {
  if (Number(process.versions.node.split('.')[0]) < 24) {
    throw new StartError(`Node 24 is needed, this is ${process.version}; start with "npm start", which brings it`)
  }
  const config = readConfig()
  const log = openLog(config.logLevel, config.logFile)
  const lock = lockDataDir(config.dataDir)
  const database = await openDatabase(config)
  const { app, credentials } = await openApp(config, database.url, log).catch(async error => {
    await database.stop()
    lock.release()
    throw error
  })
  say(startScreen(config, app.port, app.metricsPort, credentials))

  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    // Whoever has not come to an end by then is not waited for: the promise is to be gone within 8 seconds.
    setTimeout(() => process.exit(1), 7500).unref()
    await app.close()
    await database.stop()
    lock.release()
    log.flush()
    process.exit(process.exitCode ?? 0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

async function openApp(config: Config, databaseUrl: string, log: Logger) {
  const credentials = await seedDemo(databaseUrl, config, { force: false, say })
  return { credentials, app: await startApp(config, databaseUrl, log) }
}

async function openDatabase(config: Config): Promise<{ url: string; stop(): Promise<void> }> {
  if (config.databaseUrl !== undefined) {
    await checkPostgres(config.databaseUrl)
    if (config.migrate) await migrate(config.databaseUrl)
    else if (!(await isCurrent(config.databaseUrl))) {
      throw new StartError('the database lacks migrations; run "npm run migrate", or start with MIGRATE=1')
    }
    return { url: config.databaseUrl, stop: async () => {} }
  }
  say('starting Postgres')
  const postgres = await startEmbeddedPostgres(config.dataDir, say)
  try {
    const applied = await migrate(postgres.url)
    if (applied.length > 0) say(`applied ${applied.length} migrations`)
    return postgres
  } catch (error) {
    await postgres.stop()
    throw error
  }
}

/** One server per data directory: the second would end the first one's database. */
function lockDataDir(dataDir: string): { release(): void } {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const file = path.join(dataDir, 'server.pid')
  const holder = Number(fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : 0)
  if (holder > 0 && holder !== process.pid && isServer(holder)) {
    throw new StartError(`another server (pid ${holder}) uses ${dataDir}; stop it, or set another DATA_DIR and PORT`)
  }
  fs.writeFileSync(file, String(process.pid))
  return { release: () => fs.rmSync(file, { force: true }) }
}

function isServer(pid: number): boolean {
  try {
    process.kill(pid, 0)
    const commandLine = `/proc/${pid}/cmdline`
    return !fs.existsSync(commandLine) || fs.readFileSync(commandLine, 'utf8').includes('main.ts')
  } catch {
    return false
  }
}

function startScreen(config: Config, port: number, metricsPort: number, credentials: string | undefined): string {
  const base = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`
  const lines = [
    '',
    `  Voltspec serves ${contracts.map(({ name }) => name).join(', ')} at ${base}`,
    '',
    `  docs      ${base}/docs/`,
    `  metrics   http://127.0.0.1:${metricsPort}/metrics and /ready`,
    '  mock      npm run mock',
    '  chargers  npm run twin -- --chargers 10',
  ]
  if (credentials !== undefined) lines.push(`  secrets   ${credentials}`)
  if (config.logFile !== '-') lines.push(`  log       ${config.logFile}`)
  return [...lines, '', '  Try:', `  curl ${base}/v1/health`, ''].join('\n')
}

main().catch(error => {
  const { code, message, stack } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE')
    process.stderr.write(`port ${(error as { port?: number }).port} is in use; set another PORT or METRICS_PORT\n`)
  else process.stderr.write(`${error instanceof StartError ? message : stack}\n`)
  process.exit(1)
})
