import type { Feed } from '../feed/feed.ts'
import type { LocalStations, Outcome, Protocol, Station } from './action.ts'
import { CLOSE, type StationSocket } from './stationSocket.ts'

/** The pings of all connections are spread over this many moments. */
const SLICES = 8

/**
 * A connection's place in the order of all connections of its station, whichever process they are on: the order in which
 * the feed tells of them. Taken before the connection is noted, since the feed may be quicker than the handshake.
 */
export interface Place {
  readonly connectionId: string
  readonly identity: string
  /** Whether the feed has told of this connection, so that what it tells later is newer. */
  isTold: boolean
  isReplaced: boolean
  /** Where the station stands by what was last told of it; undefined when nothing was. */
  told: Station | undefined
  socket: StationSocket | undefined
}

/** The sockets of this process, one per station: the newest. */
export class StationSockets implements LocalStations {
  readonly #byIdentity = new Map<string, StationSocket>()
  readonly #slices: Set<StationSocket>[] = Array.from({ length: SLICES }, () => new Set())
  readonly #listeners = new Set<(station: Station, protocol: Protocol) => void>()
  readonly #places = new Map<string, Set<Place>>()
  readonly #sliceOf = new WeakMap<StationSocket, Set<StationSocket>>()
  readonly #pinger: NodeJS.Timeout
  #slice = 0
  #nextSlice = 0
  #drained: Promise<void> | undefined
  #onEmpty: (() => void) | undefined
  #followers: Followers | undefined

  constructor(pingSeconds: number) {
    this.#pinger = setInterval(() => this.#pingNext(), (pingSeconds * 1000) / SLICES)
  }

  /** All sockets that are open or closing. */
  *all(): Generator<StationSocket> {
    for (const slice of this.#slices) yield* slice
  }

  get size(): number {
    return this.#byIdentity.size
  }

  get(identity: string): StationSocket | undefined {
    return this.#byIdentity.get(identity)
  }

  protocolOf(identity: string): Protocol | undefined {
    return this.#byIdentity.get(identity)?.connection.protocol
  }

  addressOf(identity: string): string | undefined {
    return this.#byIdentity.get(identity)?.address
  }

  async call(
    identity: string,
    action: string,
    payload: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<Outcome> {
    const socket = this.#byIdentity.get(identity)
    return socket === undefined ? { kind: 'offline', unsent: true } : socket.call(action, payload, signal)
  }

  disconnect(identity: string, reason: string): boolean {
    const socket = this.#byIdentity.get(identity)
    socket?.close(CLOSE.normal, reason)
    return socket !== undefined
  }

  onConnected(listener: (station: Station, protocol: Protocol) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Takes a place for a connection that is about to be noted; it is given back by `leave` or `remove`. */
  expect(connectionId: string, identity: string): Place {
    const place: Place = {
      connectionId,
      identity,
      isTold: false,
      isReplaced: false,
      told: undefined,
      socket: undefined,
    }
    const places = this.#places.get(identity) ?? new Set()
    this.#places.set(identity, places.add(place))
    return place
  }

  leave(place: Place): void {
    const places = this.#places.get(place.identity)
    places?.delete(place)
    if (places?.size === 0) this.#places.delete(place.identity)
  }

  /** Takes a socket in; the one of the same station before it is closed. */
  admit(socket: StationSocket, place: Place): void {
    const { identity, protocol } = socket.connection
    const before = this.#byIdentity.get(identity)
    place.socket = socket
    this.#byIdentity.set(identity, socket)
    const slice = this.#slices[this.#slice++ % SLICES]!
    this.#sliceOf.set(socket, slice.add(socket))
    before?.close(CLOSE.replaced, 'replaced by a newer connection')
    for (const listener of this.#listeners) listener(socket.station, protocol)
    if (place.isReplaced) socket.close(CLOSE.replaced, 'replaced by a newer connection')
    if (place.told !== undefined) this.#renew(socket, place.told)
    if (this.#drained !== undefined) socket.drain()
  }

  /** Lets a socket go that has closed; another of the same station stays. */
  remove(socket: StationSocket, place: Place): void {
    const { identity } = socket.connection
    this.leave(place)
    if (this.#byIdentity.get(identity) === socket) this.#byIdentity.delete(identity)
    this.#sliceOf.get(socket)?.delete(socket)
    if (this.#isEmpty) this.#onEmpty?.()
  }

  /** The feed was away: what it would have told is read. */
  async settle(read: (places: Place[]) => Promise<Missed>): Promise<void> {
    const places = [...this.#places.values()].flatMap(each => [...each])
    const before = new Map(places.map(place => [place, place.told]))
    const { stations, replaced } = await read(places)
    for (const [place, told] of before) {
      // What the feed has told meanwhile is newer.
      if (place.told === told) this.#tell(place, stations.get(place.identity))
      if (replaced.has(place.connectionId)) this.#replace(place)
      place.isTold = true
    }
  }

  #tell(place: Place, now: Station | undefined): void {
    place.told = now
    const socket = this.#byIdentity.get(place.identity)
    if (socket !== undefined && socket === place.socket) this.#renew(socket, now)
  }

  #renew(socket: StationSocket, now: Station | undefined): void {
    const { station } = socket
    // The feed may tell what the handshake has read already, and before it what was before.
    if (!this.#endUnlessMay(socket, now) || now.passwordEpoch < station.passwordEpoch) return
    const { deviceId } = station
    Object.assign(station, now)
    if (station.deviceId !== deviceId) this.#followers?.linked(socket)
  }

  #endUnlessMay(socket: StationSocket, now: Station | undefined): now is Station {
    if (now === undefined || now.tenantId !== socket.station.tenantId) {
      socket.close(CLOSE.policy, 'the station is no longer known')
      return false
    }
    return this.#endIfOutdated(socket, now.passwordEpoch)
  }

  /** Whoever got in by a password that was taken back since is not let go on; a certificate is no password. */
  #endIfOutdated(socket: StationSocket, passwordEpoch: number): boolean {
    const isOutdated = socket.connection.securityProfile < 3 && passwordEpoch > socket.station.passwordEpoch
    if (isOutdated) socket.close(CLOSE.policy, 'the password has changed')
    return !isOutdated
  }

  #replace(place: Place): void {
    place.isReplaced = true
    place.socket?.close(CLOSE.replaced, 'replaced by a newer connection')
  }

  /** Closes all and resolves when they are gone. */
  drain(): Promise<void> {
    if (this.#drained === undefined) {
      clearInterval(this.#pinger)
      this.#drained = new Promise(resolve => {
        this.#onEmpty = resolve
      })
      for (const socket of this.all()) socket.drain()
      if (this.#isEmpty) this.#onEmpty!()
    }
    return this.#drained
  }

  get #isEmpty(): boolean {
    return this.#slices.every(slice => slice.size === 0)
  }

  #pingNext(): void {
    for (const socket of this.#slices[this.#nextSlice++ % SLICES]!) socket.ping()
  }

  /** Follows the rows of the stations: what changes is true at once for a connection that is open. */
  follow(feed: Feed, followers: Followers): void {
    const { read, replaced } = followers
    this.#followers = followers
    feed.subscribe('ocpp.stations', ({ kind, row }) => {
      if (kind === 'insert') return
      const identity = row.identity as string
      const station = kind === 'delete' ? undefined : read(row)
      for (const place of this.#places.get(identity) ?? []) this.#tell(place, station)
    })
    feed.subscribe('ocpp.connections', ({ kind, row }) => {
      if (kind !== 'insert') return
      for (const place of this.#places.get(row.identity as string) ?? []) {
        if (place.connectionId === row.connection_id) place.isTold = true
        else if (place.isTold) {
          this.#replace(place)
          if (place.socket !== undefined) replaced(place.socket, row.remote_address as string)
        }
      }
    })
  }
}

/** What the database shows of what the feed could not tell. */
export interface Missed {
  /** By identity; those that are gone are left out. */
  stations: Map<string, Station>
  /** Ids of connections that are not the newest of their station. */
  replaced: Set<string>
}

export interface Followers {
  read: (row: Record<string, unknown>) => Station
  /** The station has got another device. */
  linked: (socket: StationSocket) => void
  /** The station has connected to another process, from an address. */
  replaced: (socket: StationSocket, address: string) => void
}
