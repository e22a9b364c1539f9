import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type pg from 'pg'
import { WebSocketServer } from 'ws'
import { asApiError, unavailable } from '../errors.ts'
import { baseUrl } from '../http/baseUrl.ts'
import { addressOf } from '../http/exchange.ts'
import { answerRaw, refuseUpgrade } from '../http/refuseUpgrade.ts'
import { GroupCommit } from '../ingest/groupCommit.ts'
import type { Services } from '../services.ts'
import * as connections from '../store/ocppConnections.ts'
import * as ocppLinks from '../store/ocppLinks.ts'
import * as stations from '../store/ocppStations.ts'
import { sharedDevice } from '../store/stationDevices.ts'
import type { HandlerTable, Protocol, Station } from './action.ts'
import { type Admission, authenticate } from './authenticate.ts'
import { isHandshake, negotiate, readBasic, readIdentity } from './handshake.ts'
import { LinkActivity } from './linkActivity.ts'
import type { Place, StationSockets } from './localStations.ts'
import { Presence } from './presence.ts'
import { StationSocket } from './stationSocket.ts'

interface Visit {
  request: IncomingMessage
  socket: Duplex
  head: Buffer
  identity: string
  address: string
  protocol: Protocol
}

/** Stands for an identity that could not be read. */
const NOBODY = 'UNKNOWN'
const NO_IDENTITY = 'the path is /ocpp/ and the identity of a station, percent-encoded'
const NO_VERSION = 'Sec-WebSocket-Protocol has to offer ocpp1.6, ocpp2.0.1 or ocpp2.1, with an identity that it allows'

const shape = (_status: number, message: string) => ({ error: message })

/** The WebSocket `/ocpp/{identity}`: who may connect, and what is noted of it. */
export class OcppServer {
  readonly #services: Services
  readonly #sockets: StationSockets
  readonly #handlers: HandlerTable
  readonly #server: WebSocketServer
  readonly #links: LinkActivity
  readonly #presence: Presence
  readonly #opening: GroupCommit<connections.Connection, undefined>
  readonly #closing: GroupCommit<connections.Ending, undefined>
  readonly #ends = new Set<Promise<unknown>>()

  /** @param pool for writing many rows at a time */
  constructor(services: Services, sockets: StationSockets, handlers: HandlerTable, pool: pg.Pool) {
    const { db, log, feed, config, draining } = services
    this.#services = services
    this.#sockets = sockets
    this.#handlers = handlers
    this.#links = new LinkActivity(db, log)
    this.#presence = new Presence(services, () => [...sockets.all()].map(({ connection }) => connection.connectionId))
    this.#opening = new GroupCommit({
      flush: rows => connections.open(pool, rows),
      key: ({ identity }) => identity,
      queueLimit: config.ingestQueue,
    })
    this.#closing = new GroupCommit({
      flush: rows => connections.close(pool, rows),
      key: ({ connectionId }) => connectionId,
      queueLimit: Number.POSITIVE_INFINITY,
    })
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: config.ocpp.maxFrameBytes,
      clientTracking: false,
      perMessageDeflate: false,
      handleProtocols: (_offered, { headers, url }) =>
        negotiate(headers['sec-websocket-protocol'], readIdentity(url ?? '') ?? '') ?? false,
    })
    sockets.follow(feed, {
      read: stations.fromChange,
      linked: socket => this.#link(socket),
      replaced: (socket, by) => this.#reportHijack(socket, by),
    })
    draining.addEventListener('abort', () => void sockets.drain())
    feed.onResumed(() => void this.#settle())
  }

  /** Says that this process lives. */
  async start(): Promise<void> {
    await this.#presence.start()
  }

  /** Closes all connections and notes what is left to note. @param settle what has to end before this process is gone */
  async stop(settle: () => Promise<void>): Promise<void> {
    await this.#sockets.drain()
    await settle()
    await Promise.all(this.#ends)
    await this.#links.flush()
    await this.#presence.stop()
  }

  /** Lets a station in, or answers why not. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const address = addressOf(request, this.#services.config)
    const identity = readIdentity(request.url ?? '')
    const turnAway = (status: number, error: string, message: string) => {
      answerRaw(socket, status, { error }, { 'Sec-WebSocket-Version': '13' })
      void this.#note(identity ?? NOBODY, address, 'HANDSHAKE_REFUSED', message)
    }
    if (identity === undefined) turnAway(404, NO_IDENTITY, 'no identity in the path')
    else if (!isHandshake(request)) turnAway(400, 'the request is no handshake of a WebSocket', 'no handshake')
    else {
      const protocol = negotiate(request.headers['sec-websocket-protocol'], identity)
      if (protocol === undefined) turnAway(400, NO_VERSION, 'no common version')
      else
        this.#admit({ request, socket, head, identity, address, protocol }).catch(error => this.#refuse(socket, error))
    }
  }

  #refuse(socket: Duplex, error: unknown): void {
    const { kind, cause } = asApiError(error)
    if (kind === 'internal') this.#services.log.error({ err: cause ?? error }, 'a handshake failed')
    refuseUpgrade(socket, error, shape)
  }

  async #admit(visit: Visit): Promise<void> {
    const { draining } = this.#services
    const { station, securityProfile } = await this.#identify(visit)
    if (draining.aborted) throw unavailable('the server is going away')
    const connection: connections.Connection = {
      connectionId: randomUUID(),
      tenantId: station.tenantId,
      identity: station.identity,
      processId: this.#services.processId,
      remoteAddress: visit.address,
      protocol: visit.protocol,
      securityProfile,
      connectedAt: new Date(),
    }
    const place = this.#sockets.expect(connection.connectionId, connection.identity)
    try {
      await this.#opening.submit(connection)
      this.#upgrade(visit, connection, station, place)
    } finally {
      if (place.socket === undefined) this.#sockets.leave(place)
    }
  }

  #upgrade(visit: Visit, connection: connections.Connection, station: Station, place: Place): void {
    this.#server.handleUpgrade(visit.request, visit.socket, visit.head, webSocket => {
      this.#take(
        new StationSocket({
          services: this.#services,
          handlers: this.#handlers,
          links: this.#links,
          webSocket,
          station,
          connection,
          address: this.#addressFor(visit.request),
          onClosed: (closed, code, reason) => {
            this.#sockets.remove(closed, place)
            this.#end(connection, code, reason)
          },
        }),
        visit,
        place,
      )
    })
    if (place.socket === undefined) this.#end(connection, 1006, 'the handshake failed')
  }

  #take(socket: StationSocket, { address, identity }: Visit, place: Place): void {
    const before = this.#sockets.get(identity)
    if (before !== undefined) this.#reportHijack(before, address)
    this.#sockets.admit(socket, place)
    this.#link(socket)
  }

  async #identify({ request, identity, address }: Visit): Promise<Admission> {
    const { socket, headers } = request
    const claim = {
      identity,
      basic: readBasic(headers.authorization, identity),
      isSecure: this.#isSecure(request),
      certificateName: socket instanceof TLSSocket && socket.authorized ? commonName(socket) : undefined,
    }
    try {
      return await this.#services.guesses.attemptTogether([`ocpp ${address}`], () =>
        authenticate(this.#services, claim),
      )
    } catch (error) {
      await this.#noteRefusal(error, identity, address)
      throw error
    }
  }

  /** What is served over TLS is reached so; else as for anybody who calls. */
  #addressFor({ socket, headers }: IncomingMessage): string {
    const address = baseUrl(headers as Record<string, string | undefined>, this.#services.config)
    return socket instanceof TLSSocket ? address.replace(/^http:/, 'https:') : address
  }

  #isSecure({ socket, headers }: IncomingMessage): boolean {
    return socket instanceof TLSSocket || (this.#services.config.trustProxy && headers['x-forwarded-proto'] === 'https')
  }

  /** One failed login is one event; those that are not looked at any more, and other refusals, are told now and then. */
  async #noteRefusal(error: unknown, identity: string, address: string): Promise<void> {
    const { kind, message } = asApiError(error)
    if (kind === 'unauthorized') {
      const concerned = await this.#concernedBy(identity)
      if (concerned === undefined) return
      const { tenantId } = concerned
      await this.#services.security.addFailedLogin({ tenantId, identity, address, message })
    } else if (kind === 'tooMany') await this.#note(identity, address, 'RATE_LIMIT', message)
    else if (kind === 'forbidden') await this.#note(identity, address, 'HANDSHAKE_REFUSED', message)
  }

  async #note(identity: string, address: string, category: string, message: string): Promise<void> {
    const concerned = await this.#concernedBy(identity)
    if (concerned === undefined) return
    const { tenantId, isKnown } = concerned
    const event = { tenantId, identity, category, message, severity: 'low' as const, details: {} }
    await this.#services.security.addSparingly(event, address, isKnown)
  }

  /** Whom an event concerns: the station's tenant, or the one that unknown stations join. */
  async #concernedBy(identity: string): Promise<{ tenantId: string; isKnown: boolean } | undefined> {
    const { db, config, log } = this.#services
    try {
      const station = await stations.find(db, identity)
      if (station !== undefined) return { tenantId: station.tenantId, isKnown: true }
      const enrollment = await stations.enrollmentOf(db, config.enrollmentTenant)
      return enrollment && { tenantId: enrollment.tenantId, isKnown: false }
    } catch (error) {
      log.warn({ err: error, identity }, 'a security event could not be noted')
      return undefined
    }
  }

  /** A station that moves to another address may have been robbed of its password. */
  #reportHijack({ connection }: StationSocket, address: string): void {
    const { tenantId, identity, remoteAddress } = connection
    if (address === remoteAddress) return
    const details = { before: remoteAddress }
    const message = 'another address took the connection over'
    const event = { tenantId, identity, category: 'IDENTITY_HIJACK', message, severity: 'high' as const, details }
    void this.#services.security.addSparingly(event, address)
  }

  /** What the device of the station shows of its connection, where it may. */
  #link({ station, connection }: StationSocket): void {
    const { db, log } = this.#services
    if (station.deviceId === null) return
    const subprotocol = connection.protocol
    sharedDevice(db, station.identity)
      .then(async deviceId => {
        if (deviceId !== null) await ocppLinks.connected(db, { deviceId, subprotocol, features: [] })
      })
      .catch(error => log.warn({ err: error, identity: station.identity }, 'a link could not be noted'))
  }

  #end({ connectionId, tenantId, identity, processId }: connections.Connection, code: number, reason: string): void {
    const ending = { connectionId, tenantId, identity, processId, code, reason, at: new Date() }
    const noted = this.#closing
      .submit(ending)
      // Processes that live have no connections but those of their sockets: the next beat puts it right.
      .catch(error => this.#services.log.warn({ err: error, identity }, 'the end of a connection could not be noted'))
      .finally(() => this.#ends.delete(noted))
    this.#ends.add(noted)
  }

  /** While the feed was away, stations may have gone to another process, and may have changed. */
  async #settle(): Promise<void> {
    const { db, log } = this.#services
    try {
      await this.#sockets.settle(async places => {
        const ids = places.map(({ connectionId }) => connectionId)
        const identities = places.map(({ identity }) => identity)
        const found = await stations.findAll(db, identities)
        return {
          stations: new Map(found.map(station => [station.identity, station])),
          replaced: new Set(await connections.replacedAmong(db, ids)),
        }
      })
    } catch (error) {
      log.warn({ err: error }, 'connections could not be compared with what changed while the feed was away')
    }
  }
}

function commonName(socket: TLSSocket): string | undefined {
  const name: unknown = socket.getPeerCertificate().subject?.CN
  return typeof name === 'string' ? name : undefined
}
