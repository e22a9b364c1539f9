import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import type { RoleCaller } from '../../auth/caller.ts'
import { ApiError } from '../../errors.ts'
import { addressOf } from '../../http/exchange.ts'
import { refuseUpgrade } from '../../http/refuseUpgrade.ts'
import type { Rest } from '../../postgrest/rest.ts'
import type { Table } from '../../postgrest/table.ts'
import type { Services } from '../../services.ts'
import { Window } from '../window.ts'
import { type Binding, Bindings, wants } from './bindings.ts'
import { type JoinRequest, readBinding, readJoin } from './join.ts'
import { type Message, readFrame, type Version, writeFrame } from './phoenix.ts'
import { dataOf, type TableChange, tableChange } from './tableChange.ts'

export const REALTIME_PATH = '/realtime/v1/websocket'

/** A client beats every 25 seconds. */
const SILENCE = 60_000
const LOOK = 10_000
const MOST_CHANNELS = 100
const LONGEST_TIMER = 2 ** 31 - 1
const CLOSE = { tooSlow: 4429, goingAway: 1001, broken: 1003, failed: 1011 }

interface Client {
  socket: WebSocket
  version: Version
  caller: RoleCaller
  channels: Map<string, Channel>
  heardAt: number
  /** Messages of a client are answered one after the other: what follows a join finds its channel. */
  turn: Promise<void>
}

interface Channel {
  client: Client
  topic: string
  joinRef: string | null
  bindings: Binding<Channel>[]
  expiry: NodeJS.Timeout | undefined
  /** Called when changes arrive again; undefined while the client knows that they do. */
  onLive: (() => void) | undefined
}

/**
 * Changes of tables over Phoenix channels, as Supabase's clients listen to them. The changes come from the feed, so
 * every process tells of everything in commit order; filters are asked here and not in the database.
 */
export class Realtime {
  readonly #services: Services
  readonly #rest: Rest
  readonly #tables: Record<string, Table>
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: 64 * 1024,
    perMessageDeflate: false,
    clientTracking: false,
  })
  readonly #bindings = new Bindings<Channel>()
  readonly #clients = new Set<Client>()
  readonly #watch: NodeJS.Timeout
  #window: Window<TableChange> | undefined
  #endListening: (() => void)[] = []
  #idleSince = 0

  constructor(services: Services, rest: Rest, tables: Record<string, Table>) {
    this.#services = services
    this.#rest = rest
    this.#tables = tables
    services.feed.onResumed(({ from, to }) => this.#resume(from, to))
    this.#watch = setInterval(() => this.#look(), LOOK)
    services.draining.addEventListener('abort', () => this.#closeAll())
  }

  /** Looks at the key before the handshake: who has none gets an answer of HTTP. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#identify(request)
      .then(({ caller, version }) => {
        this.#server.handleUpgrade(request, socket, head, webSocket => this.#admit(webSocket, caller, version))
      })
      .catch(error => refuseUpgrade(socket, error, (_status, message) => ({ error: message })))
  }

  async #identify(request: IncomingMessage): Promise<{ caller: RoleCaller; version: Version }> {
    const { headers, url } = request
    const query = new URL(url ?? '/', 'ws://localhost').searchParams
    const version = query.get('vsn') ?? '1.0.0'
    if (version !== '1.0.0' && version !== '2.0.0') throw new ApiError('invalid', 'vsn must be 1.0.0 or 2.0.0')
    const key = query.get('apikey') ?? headers.apikey
    try {
      if (typeof key !== 'string' || key === '') throw new ApiError('unauthorized', 'API key is missing')
      const caller = await this.#rest.tokens.identify(key)
      await this.#rest.count(caller.key, caller.role)
      return { caller, version }
    } catch (error) {
      if (!(error instanceof ApiError) || error.kind !== 'unauthorized') throw error
      await this.#rest.count(addressOf(request, this.#services.config), 'invalid')
      throw error.message === 'API key is missing'
        ? error
        : new ApiError('unauthorized', `Failed to validate JWT: ${error.message}`)
    }
  }

  #admit(socket: WebSocket, caller: RoleCaller, version: Version): void {
    const client: Client = {
      socket,
      version,
      caller,
      channels: new Map(),
      heardAt: Date.now(),
      turn: Promise.resolve(),
    }
    this.#clients.add(client)
    this.#services.metrics.streams.inc()
    socket.on('error', () => socket.terminate())
    socket.on('message', (data, isBinary) => this.#hear(client, data, isBinary))
    socket.once('close', () => {
      for (const channel of client.channels.values()) this.#forget(channel)
      this.#clients.delete(client)
      this.#services.metrics.streams.dec()
    })
    if (this.#services.draining.aborted) socket.close(CLOSE.goingAway, 'the server is going away')
  }

  #hear(client: Client, data: RawData, isBinary: boolean): void {
    client.heardAt = Date.now()
    // Binary frames carry broadcasts between clients, which this contract does not offer.
    if (isBinary) return
    const message = readFrame(client.version, data.toString())
    if (message === undefined) {
      client.socket.close(CLOSE.broken, 'not a frame of the protocol')
      return
    }
    client.turn = client.turn
      .then(() => this.#answer(client, message))
      .catch(error => {
        this.#services.log.error({ err: error }, 'a message of a realtime client failed')
        client.socket.close(CLOSE.failed, 'internal error')
      })
  }

  async #answer(client: Client, message: Message): Promise<void> {
    const { topic, event } = message
    if (topic === 'phoenix' && event === 'heartbeat') return this.#reply(client, message, 'ok', {})
    if (event === 'phx_join') return this.#join(client, message)
    const channel = client.channels.get(topic)
    if (channel === undefined) return this.#reply(client, message, 'error', { reason: 'unmatched topic' })
    if (event === 'phx_leave') return this.#leave(channel, message)
    if (event === 'access_token') return this.#renew(channel, message)
    if (message.ref !== null) this.#reply(client, message, 'error', { reason: `there is no event "${event}" here` })
  }

  async #join(client: Client, message: Message): Promise<void> {
    try {
      const request = readJoin(message.payload)
      const caller =
        request.accessToken === undefined ? client.caller : await this.#rest.tokens.identify(request.accessToken)
      if (client.channels.size >= MOST_CHANNELS && !client.channels.has(message.topic))
        throw new ApiError('tooMany', `a connection may have at most ${MOST_CHANNELS} channels`)
      if (!message.topic.startsWith('realtime:')) throw new ApiError('invalid', 'a topic begins with realtime:')
      if (client.socket.readyState === client.socket.OPEN) this.#open(client, message, request, caller)
    } catch (error) {
      this.#reply(client, message, 'error', { reason: wordsFor(error) })
    }
  }

  /** The bindings are in place before anything is answered, so nothing that is committed from then on is missed. */
  #open(client: Client, message: Message, request: JoinRequest, caller: RoleCaller): void {
    const { topic, joinRef, ref } = message
    const before = client.channels.get(topic)
    if (before !== undefined) this.#close(before)
    this.#listen()
    const channel: Channel = {
      client,
      topic,
      joinRef: joinRef ?? ref,
      bindings: [],
      expiry: undefined,
      onLive: undefined,
    }
    const refused: string[] = []
    const ids = new Map<string, number>()
    const echo = request.asked.map(asked => {
      const text = JSON.stringify(asked)
      const id = ids.get(text) ?? ids.size + 1
      ids.set(text, id)
      try {
        channel.bindings.push(...readBinding(this.#tables, channel, id, asked))
      } catch (error) {
        refused.push(wordsFor(error))
      }
      return { id, ...asked }
    })
    client.channels.set(topic, channel)
    this.#expireWith(channel, caller)
    const answer = () => this.#reply(client, message, 'ok', { postgres_changes: echo })
    const begin = () => {
      for (const reason of refused) this.#system(channel, 'error', `Unable to subscribe to changes: ${reason}`)
      this.#replay(channel, request.since)
      for (const binding of channel.bindings) this.#bindings.add(binding)
      if (echo.length > refused.length) {
        this.#system(channel, 'ok', 'Subscribed to PostgreSQL', { commit_lsn: this.#services.feed.position })
      }
    }
    if (this.#services.feed.live) {
      answer()
      begin()
    } else this.#beginWhenLive(channel, request, answer, begin, message)
  }

  #beginWhenLive(
    channel: Channel,
    { wait }: JoinRequest,
    answer: () => void,
    begin: () => void,
    message: Message,
  ): void {
    if (wait === undefined) answer()
    const late =
      wait === undefined
        ? undefined
        : setTimeout(() => {
            this.#drop(channel)
            this.#reply(channel.client, message, 'error', { reason: 'changes do not arrive at the moment' })
          }, wait)
    channel.onLive = () => {
      clearTimeout(late)
      channel.onLive = undefined
      if (wait !== undefined) answer()
      begin()
    }
  }

  #replay(channel: Channel, since: string | undefined): void {
    if (since === undefined) return
    const changes = since > this.#services.feed.position ? undefined : this.#window?.after(since)
    if (changes === undefined) {
      this.#system(channel, 'resync', 'What came after this position is not kept any more: read the tables', { since })
      return
    }
    for (const change of changes) {
      const ids = channel.bindings.filter(binding => wants(binding, change)).map(({ id }) => id)
      if (ids.length > 0) this.#sendChange(channel, ids, dataOf(change))
    }
  }

  #leave(channel: Channel, message: Message): void {
    this.#reply(channel.client, message, 'ok', {})
    this.#close(channel)
  }

  async #renew(channel: Channel, { payload }: Message): Promise<void> {
    const token = payload.access_token
    // Keys of Supabase's newer form are no tokens, and say nothing about who is there.
    if (typeof token !== 'string' || token.startsWith('sb_')) return
    try {
      this.#expireWith(channel, await this.#rest.tokens.identify(token))
    } catch (error) {
      this.#system(channel, 'error', wordsFor(error))
      this.#close(channel)
    }
  }

  #expireWith(channel: Channel, { expiresAt }: RoleCaller): void {
    clearTimeout(channel.expiry)
    if (expiresAt === Number.POSITIVE_INFINITY) return
    channel.expiry = setTimeout(
      () => {
        this.#system(channel, 'error', 'Token has expired')
        this.#close(channel)
      },
      Math.min(Math.max(expiresAt - Date.now(), 0), LONGEST_TIMER),
    )
  }

  /** From the first subscriber on, until five minutes after the last: so long can one who is away come back. */
  #listen(): void {
    this.#idleSince = Number.POSITIVE_INFINITY
    if (this.#window !== undefined) return
    const { feed } = this.#services
    this.#window = new Window(feed.position)
    this.#endListening = Object.values(this.#tables).map(table =>
      feed.subscribe(`${table.schema}.${table.name}`, change => this.#publish(tableChange(table, change))),
    )
  }

  #publish(change: TableChange): void {
    this.#window!.add(change)
    const hearers = new Map<Channel, number[]>()
    const failed = ({ owner }: Binding<Channel>, error: unknown) => {
      this.#services.log.error({ err: error }, 'a filter failed')
      this.#system(owner, 'error', 'a filter failed')
    }
    for (const { owner, id } of this.#bindings.match(change, failed)) {
      const ids = hearers.get(owner)
      if (ids === undefined) hearers.set(owner, [id])
      else if (!ids.includes(id)) ids.push(id)
    }
    if (hearers.size === 0) return
    const data = dataOf(change)
    for (const [channel, ids] of hearers) this.#sendChange(channel, ids, data)
  }

  #sendChange({ client, topic }: Channel, ids: number[], data: string): void {
    const frame = { joinRef: null, ref: null, topic, event: 'postgres_changes' }
    this.#send(client, writeFrame(client.version, frame, `{"ids":[${ids.join(',')}],"data":${data}}`))
  }

  /** What was committed while the feed was away is in the tables only. */
  #resume(from: Date, to: Date): void {
    if (this.#window !== undefined) this.#window = new Window(this.#services.feed.position)
    const gap = { from: from.toISOString(), to: to.toISOString(), commit_lsn: this.#services.feed.position }
    for (const channel of this.#channels()) {
      if (channel.onLive !== undefined) channel.onLive()
      else this.#system(channel, 'resync', 'Changes may have been missed: read the tables', gap)
    }
  }

  #system(channel: Channel, status: 'ok' | 'error' | 'resync', message: string, more: object = {}): void {
    const { client, topic, joinRef } = channel
    const payload = {
      extension: 'postgres_changes',
      status,
      message,
      channel: topic.slice('realtime:'.length),
      ...more,
    }
    this.#send(
      client,
      writeFrame(client.version, { joinRef, ref: null, topic, event: 'system' }, JSON.stringify(payload)),
    )
  }

  #reply(client: Client, { joinRef, ref, topic }: Message, status: 'ok' | 'error', response: object): void {
    const frame = { joinRef, ref, topic, event: 'phx_reply' }
    this.#send(client, writeFrame(client.version, frame, JSON.stringify({ status, response })))
  }

  #send({ socket }: Client, frame: string): void {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > this.#services.config.streamBufferBytes) {
      this.#services.metrics.streamDrops.inc()
      socket.close(CLOSE.tooSlow, 'too slow')
      // The close frame stands behind all that was not read.
      setTimeout(() => socket.terminate(), 5000).unref()
    } else socket.send(frame)
  }

  #close(channel: Channel): void {
    this.#drop(channel)
    const { client, topic, joinRef } = channel
    this.#send(client, writeFrame(client.version, { joinRef, ref: joinRef, topic, event: 'phx_close' }, '{}'))
  }

  #drop(channel: Channel): void {
    this.#forget(channel)
    channel.client.channels.delete(channel.topic)
  }

  #forget(channel: Channel): void {
    clearTimeout(channel.expiry)
    for (const binding of channel.bindings) this.#bindings.remove(binding)
  }

  /** Ends connections that have fallen silent, and the listening that nobody has needed for long. */
  #look(): void {
    const now = Date.now()
    for (const { socket, heardAt } of this.#clients) if (now - heardAt > SILENCE) socket.terminate()
    if (!this.#channels().next().done) this.#idleSince = Number.POSITIVE_INFINITY
    else if (this.#idleSince === Number.POSITIVE_INFINITY) this.#idleSince = now
    else if (now - this.#idleSince > 5 * 60_000 && this.#window !== undefined) {
      for (const end of this.#endListening) end()
      this.#window = undefined
    }
  }

  #closeAll(): void {
    clearInterval(this.#watch)
    for (const { socket } of this.#clients) {
      socket.close(CLOSE.goingAway, 'the server is going away')
      setTimeout(() => socket.terminate(), 2000).unref()
    }
  }

  *#channels(): Generator<Channel> {
    for (const { channels } of this.#clients) yield* channels.values()
  }
}

const wordsFor = (error: unknown): string => (error instanceof ApiError ? error.message : 'internal error')
