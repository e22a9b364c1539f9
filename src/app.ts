import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import path from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import express from 'express'
import type { Logger } from 'pino'
import { handlers } from '../generated/ocpp/index.ts'
import { AccessTokens } from './auth/accessTokens.ts'
import type { Config } from './config.ts'
import { serveContract } from './contract.ts'
import { tables } from './contracts/flux/tables.ts'
import { contracts } from './contracts/index.ts'
import { ApiError } from './errors.ts'
import { Activity } from './feed/activity.ts'
import { Feed } from './feed/feed.ts'
import { REALTIME_PATH, Realtime } from './feed/realtime/realtime.ts'
import { BoardStreams } from './feed/sse/boardStreams.ts'
import { Stream } from './feed/stream.ts'
import { Exchange } from './http/exchange.ts'
import { openServer } from './http/openServer.ts'
import { answerRaw } from './http/refuseUpgrade.ts'
import { RequestLog } from './http/requestLog.ts'
import { toOriginForm } from './http/requestTarget.ts'
import { openIngest } from './ingest/ingest.ts'
import { startJobs } from './jobs/startJobs.ts'
import { GuessLimiter } from './limits/guessLimiter.ts'
import { createMetrics, serveMetrics, watch } from './metrics.ts'
import { StationSockets } from './ocpp/localStations.ts'
import { MessageLog } from './ocpp/messageLog.ts'
import { Proxies } from './ocpp/proxy/proxies.ts'
import { callStation } from './ocpp/remoteCalls.ts'
import { SecurityReports } from './ocpp/securityReports.ts'
import { OcppServer } from './ocpp/server.ts'
import { SmartCharging } from './ocpp/smartCharging/smartCharging.ts'
import { StationWork } from './ocpp/stationWork.ts'
import { connect, connectForWork } from './postgres/connect.ts'
import { openRest } from './postgrest/rest.ts'
import type { Services } from './services.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
/** Long enough for a filter with hundreds of ids in the query. */
const MAX_HEADER_BYTES = 96 * 1024
/** How long a draining server still reads from connections without a request, in milliseconds. */
const LAST_CALL = 250
/** How long a draining server waits for the slowest, in milliseconds. */
const PATIENCE = 4000

export interface App {
  /** Where the contracts are served. */
  port: number
  /** Where metrics and readiness are served. */
  metricsPort: number
  services: Services
  /** Answers what is in flight, ends streams and long-polls, commits what waits, and closes. */
  close(): Promise<void>
}

/** Starts a server on a migrated database. */
export async function startApp(config: Config, databaseUrl: string, log: Logger): Promise<App> {
  const drain = new AbortController()
  const onError = (error: Error) => log.warn({ err: error }, 'a database connection failed')
  const connections = connect(databaseUrl, onError)
  const { db } = connections
  const metrics = createMetrics()
  const feed = new Feed(databaseUrl, log)
  const observeFlush = (rows: number) => metrics.flushSize.observe(rows)
  const ingest = openIngest(connections.ingestPool, {
    queueLimit: config.ingestQueue,
    observe: observeFlush,
  })
  const [jobs] = await Promise.all([
    startJobs(db, () => connectForWork(databaseUrl, onError), log, config),
    feed.start(),
  ])
  const processId = randomUUID()
  const stations = new StationSockets(config.ocpp.pingSeconds)
  const services: Services = {
    config,
    processId,
    stations,
    proxies: new Proxies({
      db,
      feed,
      stations,
      log,
      allowedHosts: config.ocpp.proxyAllowedHosts,
      callTimeout: config.ocpp.callTimeoutSeconds * 1000,
    }),
    messageLog: new MessageLog({
      pool: connections.ingestPool,
      processId,
      log,
      queueLimit: config.ocpp.logQueue,
      observe: observeFlush,
    }),
    db,
    ingest,
    rest: openRest(config, db, connections.rolePools, observeFlush),
    feed,
    boardStreams: new BoardStreams({ config, db, feed, metrics, log, draining: drain.signal }),
    jobs,
    metrics,
    log,
    accessTokens: new AccessTokens(db, feed),
    guesses: new GuessLimiter(config.rateLimits.wrongSecret),
    security: new SecurityReports({ db, log }),
    requestLog: new RequestLog(),
    activity: new Activity(db, feed),
    draining: drain.signal,
  }
  watch(metrics, services, stations)
  const { rest } = services
  const ocpp = new OcppServer(services, stations, handlers, connections.ingestPool)
  await ocpp.start()
  await services.proxies.start()
  const stationWork = new StationWork(services)
  stationWork.start()
  const smartCharging = new SmartCharging({ ...services, callStation: call => callStation(services, call) })
  await smartCharging.start()
  const doors: Doors = {
    ocpp,
    stream: new Stream(services),
    realtime: rest === undefined ? undefined : new Realtime(services, rest, tables),
  }

  const serve = buildServer(services)
  const server = openServer(
    config.tls,
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: 20_000,
      requestTimeout: 120_000,
      keepAliveTimeout: 65_000,
      // The contract says it in JSON.
      requireHostHeader: false,
      // Clients that offer HTTP/2 on a plain connection go on in HTTP/1.1 when nobody takes the offer.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    serve,
  )
  // An expectation other than 100-continue may be ignored (RFC 9110, 10.1.1); Node's own answer has no body.
  server.on('checkExpectation', serve)
  server.on('upgrade', (request, socket, head) => upgrade(doors, request, socket, head))
  server.on('clientError', refuseBrokenRequest)
  const sockets = new Set<Socket>()
  server.on('connection', socket => sockets.add(socket.once('close', () => sockets.delete(socket))))
  const release = async () => {
    smartCharging.stop()
    await ocpp.stop(() => stationWork.stop())
    services.proxies.stop()
    await services.messageLog.stop()
    await Promise.all([jobs.stop(), feed.stop()])
    await connections.close()
  }
  const isReady = async () =>
    feed.live &&
    !drain.signal.aborted &&
    (await db.raw('select 1').then(
      () => true,
      () => false,
    ))
  let metricsServer: Server
  try {
    await listen(server, config.port, config.host)
    metricsServer = serveMetrics(metrics, isReady, config.metricsPort)
    await new Promise((resolve, reject) => metricsServer.once('listening', resolve).once('error', reject))
  } catch (error) {
    drain.abort()
    server.close()
    await release()
    throw error
  }

  return {
    port: (server.address() as AddressInfo).port,
    metricsPort: (metricsServer.address() as AddressInfo).port,
    services,
    async close() {
      drain.abort()
      // No new connections; but `server.close` would also cut those on which a request is just arriving.
      const closed = new Promise(resolve => NetServer.prototype.close.call(server, resolve))
      await delay(LAST_CALL)
      server.closeIdleConnections()
      const late = setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, PATIENCE)
      await closed
      clearTimeout(late)
      metricsServer.close()
      metricsServer.closeAllConnections()
      await release()
    },
  }
}

/**
 * The contracts first, so that Express costs a request of theirs nothing. Express then serves what people look at in a
 * browser, and what nobody knows.
 */
function buildServer(services: Services): RequestListener {
  const served = contracts.filter(({ missing }) => missing?.(services.config) === undefined)
  const dispatchers = served.map(contract => serveContract(contract, services))
  const express = buildExpress(services)
  return (request, response) => {
    toOriginForm(request)
    for (const dispatch of dispatchers) if (dispatch(request, response)) return
    express(request, response)
  }
}

function buildExpress(services: Services): express.Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  for (const kind of ['openapi', 'asyncapi']) {
    app.get(`/${kind}/:file`, (request, response, next) => {
      const contract = /^([a-z]+)\.json$/.exec(request.params.file)?.[1]
      if (contract === undefined) return next()
      response.set('Access-Control-Allow-Origin', '*')
      response.sendFile(
        `${kind}.json`,
        { root: path.join(ROOT, 'generated', contract) },
        error => error && !response.headersSent && next(),
      )
    })
  }
  const docs = path.join(ROOT, 'docs-site/dist')
  app.get('/', (_request, response) => response.redirect(302, '/docs/'))
  app.get('/llms.txt', (_request, response, next) =>
    response.sendFile('llms.txt', { root: docs }, error => error && next()),
  )
  app.use(
    '/docs',
    express.static(docs, { setHeaders: response => response.setHeader('Access-Control-Allow-Origin', '*') }),
  )
  app.use((request: IncomingMessage, response: express.Response) => {
    refuse(services, request, response, new ApiError('notFound', 'no such path'))
  })
  app.use((error: Failure, request: express.Request, response: express.Response, _next: express.NextFunction) => {
    // What Express cannot read, such as a broken percent-encoding, leads nowhere.
    if (error.status !== undefined && error.status < 500)
      return refuse(services, request, response, new ApiError('notFound', 'no such path'))
    services.log.error({ err: error }, 'request failed')
    refuse(services, request, response, new ApiError('internal', 'internal error'))
  })
  return app
}

interface Failure extends Error {
  status?: number
}

/** An answer for a path of no contract, in the shape of the contract at the root. */
function refuse(services: Services, request: IncomingMessage, response: express.Response, error: ApiError): void {
  const exchange = new Exchange(request, response, services.config, services.draining)
  const { status, body, contentType } = contracts.at(-1)!.renderError(error, undefined)
  exchange.send(status, JSON.stringify(body), contentType)
  services.log.info({ status, method: request.method, requestId: exchange.requestId }, error.message)
}

interface Doors {
  ocpp: OcppServer
  stream: Stream
  realtime: Realtime | undefined
}

function upgrade({ ocpp, stream, realtime }: Doors, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on('error', () => socket.destroy())
  toOriginForm(request)
  const path = request.url?.split('?')[0]
  if (path?.startsWith('/ocpp/')) ocpp.accept(request, socket, head)
  else if (path === '/stream') stream.accept(request, socket, head)
  else if (path === REALTIME_PATH && realtime !== undefined) realtime.accept(request, socket, head)
  else answerRaw(socket, 404, { code: 3001, message: 'no such path', data: null })
}

/** What is no HTTP at all, or too long to read, is told so in the shape of the contract at the root. */
function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [431, `the request line and headers are longer than ${MAX_HEADER_BYTES} bytes`]
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'the request took too long']
        : [400, 'this is not a valid HTTP request']
  answerRaw(socket, status as number, { code: 1001, message, data: null })
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
