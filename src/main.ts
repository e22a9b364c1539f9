import { startApp } from './app.ts'
import { type Config, readConfig } from './config.ts'
import { contracts } from './contracts/index.ts'
import { lockDataDir } from './dataDirLock.ts'
import { isDatabaseAway, StartError } from './errors.ts'
import { openLog } from './log.ts'
import { checkPostgres } from './postgres/connect.ts'
import { startEmbeddedPostgres } from './postgres/embedded.ts'
import { isCurrent, migrate } from './postgres/migrate.ts'
import { readCredentials } from './seed/credentials.ts'
import { seedDemo } from './seed/seedDemo.ts'

const say = (line: string) => process.stdout.write(`${line}\n`)

/** The way back from what was opened so far, at a signal as well as when the start fails. */
const opened: (() => unknown)[] = []
let ending = false

/** config -> database -> app -> listen; drains on SIGTERM and Ctrl-C. */
async function main(): Promise<void> {
  if (Number(process.versions.node.split('.')[0]) < 24) {
    throw new StartError(`Node 24 is needed, this is ${process.version}; start with "npm start", which brings it`)
  }
  const settings = readConfig()
  const log = openLog(settings.logLevel, settings.logFile)
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => end(Number(process.exitCode ?? 0)))
  const databaseUrl = await openDatabase(settings)
  const credentials = await seedDemo(databaseUrl, settings, { force: false, say })
  const config = withDemoSecrets(settings)
  const app = await startApp(config, databaseUrl, log)
  opened.push(app.close)
  say(startScreen(config, app.port, app.metricsPort, credentials))
}

/** The embedded demo works with the secrets that it made up at its first start. */
function withDemoSecrets(config: Config): Config {
  if (config.databaseUrl !== undefined) return config
  const known = readCredentials(config.dataDir)
  return {
    ...config,
    fluxJwtSecret: config.fluxJwtSecret ?? known?.flux?.jwt_secret,
    board: { ...config.board, token: config.board.token ?? known?.board?.token },
  }
}

/** Closes what was opened, last first, and exits. */
async function end(code: number): Promise<void> {
  if (ending) return
  ending = true
  // Whoever has not come to an end by then is not waited for: the promise is to be gone within 8 seconds.
  setTimeout(() => process.exit(1), 7500).unref()
  let worst = code
  for (const close of opened.reverse()) {
    try {
      await close()
    } catch (error) {
      process.stderr.write(`${explain(error as Error)}\n`)
      worst = 1
    }
  }
  process.exit(worst)
}

async function openDatabase(config: Config): Promise<string> {
  if (config.databaseUrl !== undefined) {
    await checkPostgres(config.databaseUrl, config)
    if (config.migrate) await migrate(config.databaseUrl)
    else if (!(await isCurrent(config.databaseUrl))) {
      throw new StartError('the database lacks migrations; run "npm run migrate", or start with MIGRATE=1')
    }
    return config.databaseUrl
  }
  say('starting Postgres')
  opened.push(lockDataDir(config.dataDir).release)
  const postgres = await startEmbeddedPostgres(config.dataDir, say)
  opened.push(postgres.stop)
  const applied = await migrate(postgres.url)
  if (applied.length > 0) say(`applied ${applied.length} migrations`)
  return postgres.url
}

function startScreen(config: Config, port: number, metricsPort: number, credentials: string | undefined): string {
  const base = `${config.tls === undefined ? 'http' : 'https'}://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`
  const left = contracts.filter(({ missing }) => missing?.(config) !== undefined)
  const served = contracts.filter(contract => !left.includes(contract))
  const lines = [
    '',
    `  Voltspec serves ${served.map(({ name }) => name).join(', ')} at ${base}`,
    ...left.map(({ name, missing }) => `  without ${name}: ${missing!(config)}`),
    '',
    `  docs      ${base}/docs/`,
    `  ocpp      ${base.replace('http', 'ws')}/ocpp/{identity}`,
    `  metrics   http://127.0.0.1:${metricsPort}/metrics and /ready`,
    '  mock      npm run mock',
    '  chargers  npm run twin -- --chargers 10',
  ]
  if (credentials !== undefined) lines.push(`  secrets   ${credentials}`)
  if (config.logFile !== '-') lines.push(`  log       ${config.logFile}`)
  return [...lines, '', '  Try:', `  curl ${base}/v1/health`, ''].join('\n')
}

/** One line for what a person can put right: settings, ports, files, the database. The stack for a fault of ours. */
function explain(error: NodeJS.ErrnoException & { port?: number }): string {
  if (error.code === 'EADDRINUSE') return `port ${error.port} is in use; set another PORT or METRICS_PORT`
  if (isDatabaseAway(error)) return `the database went away during the start: ${error.message}`
  if (error instanceof StartError || error.syscall !== undefined) return error.message
  return error.stack ?? String(error)
}

main().catch(async error => {
  if (ending) return
  process.stderr.write(`${explain(error)}\n`)
  await end(1)
})
