import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { type Client, types } from 'pg'
import { LogicalReplicationService, type Pgoutput, PgoutputPlugin } from 'pg-logical-replication'
import type { Logger } from 'pino'
import { readTogether } from './readTogether.ts'

/** A committed row, as the write-ahead log tells it. */
export interface Change {
  kind: 'insert' | 'update' | 'delete'
  /** The row after the change; of a delete, its key. */
  row: Record<string, unknown>
  /** Of an update: the key before, when it was changed. */
  oldKey: Record<string, unknown> | undefined
  committedAt: Date
  /** Where it stands in the order of all changes: the commit's position in the log and the change's in the commit. */
  position: string
  /** Who wrote it. The tables may show it a moment later than it is told: see `areVisible` of store/transactions. */
  transaction: number
}

/** A stretch of time whose changes this process may not have seen. */
export interface Interruption {
  from: Date
  to: Date
}

type Listener = (change: Change) => void

const PUBLICATION = 'voltspec'
/** A connection that answers nothing for so long is dead, though nothing may ever say so; in milliseconds. */
const SILENCE = 10_000

/**
 * Every committed change, in commit order, whoever wrote it: the event bus of all processes on one database.
 *
 * Nothing is published from handlers. Each process reads the write-ahead log through a replication slot that is
 * temporary, so a killed process leaves nothing behind that would hold the log back. When the connection is lost it is
 * made again; what was committed meanwhile is not replayed, so listeners hear of the interruption and heal themselves
 * from the tables, or tell their subscribers.
 */
export class Feed {
  readonly #url: string
  readonly #log: Logger
  /** By topic: a table, or a table's column and value. */
  readonly #listeners = new Map<string, Set<Listener>>()
  /** The columns of each table by whose value somebody listens. */
  readonly #columns = new Map<string, Set<string>>()
  readonly #lost = new Set<() => void>()
  readonly #resumed = new Set<(interruption: Interruption) => void>()
  #service: LogicalReplicationService | undefined
  #stopped = false
  #live = false
  /** The commit that is being told, or the one that was told last; at first, where reading began. */
  #commit: Commit = { at: new Date(), transaction: 0, position: '', changes: 0, before: '' }
  /** Time of the last commit that was seen, or of the start. */
  #seenAt = new Date()
  #lostAt: Date | undefined

  /** @param url a connection whose role may replicate */
  constructor(url: string, log: Logger) {
    this.#url = url
    this.#log = log
  }

  /** Whether changes arrive as they are committed. */
  get live(): boolean {
    return this.#live
  }

  /** What comes after this will be told; in the form of a change's position. */
  get position(): string {
    const { position, changes, before } = this.#commit
    return changes === 0 ? before : positionOf(position, changes - 1)
  }

  /** How long ago the last change that was seen had been committed, in seconds. */
  get lagSeconds(): number {
    return (Date.now() - this.#seenAt.getTime()) / 1000
  }

  /** Calls the listener for each change of a published table (`schema.name`), until the returned function is called. */
  subscribe(table: string, listener: Listener): () => void {
    return this.#listen(table, listener)
  }

  /** The same for the rows of one value only. What a change costs does not grow with listeners for other values. */
  subscribeTo(table: string, column: string, value: string, listener: Listener): () => void {
    const columns = this.#columns.get(table) ?? new Set()
    this.#columns.set(table, columns.add(column))
    return this.#listen(`${table}.${column}=${value}`, listener)
  }

  #listen(topic: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(topic)
    }
  }

  /** Calls the listener when changes no longer arrive: what is kept true by the feed is not true any more. */
  onLost(listener: () => void): () => void {
    this.#lost.add(listener)
    return () => this.#lost.delete(listener)
  }

  /** Calls the listener when changes arrive again; the tables hold what was missed meanwhile. */
  onResumed(listener: (interruption: Interruption) => void): () => void {
    this.#resumed.add(listener)
    return () => this.#resumed.delete(listener)
  }

  /**
   * Begins to read. Resolves at the first success or failure, and in a second at the latest, since a server may serve
   * without changes; failures are repeated until `stop`.
   */
  async start(): Promise<void> {
    const begun = new Date()
    await new Promise<void>(resolve => {
      setTimeout(resolve, 1000).unref()
      void this.#run(resolve)
    })
    // Whoever reads the tables from now on has to look again when changes arrive at last.
    if (!this.#live) this.#lostAt ??= begun
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#live = false
    await this.#service?.stop()
  }

  async #run(settled: () => void): Promise<void> {
    for (let failures = 0; !this.#stopped; failures++) {
      try {
        await this.#read(() => {
          failures = 0
          settled()
        })
      } catch (error) {
        if (!this.#stopped) this.#log.warn({ err: error }, 'the feed is away')
      }
      this.#lostAt ??= this.#seenAt
      if (this.#live) {
        this.#live = false
        for (const listener of this.#lost) listener()
      }
      settled()
      if (!this.#stopped) await delay(Math.min(100 * 2 ** failures, 2000))
    }
  }

  /** Reads until the connection ends. */
  async #read(started: () => void): Promise<void> {
    const service = new LogicalReplicationService(
      // Instants come as text, in the zone of the connection.
      { connectionString: this.#url, keepAlive: true, options: '-c timezone=UTC -c datestyle=ISO' },
      { acknowledge: { auto: false, timeoutSeconds: 0 } },
    )
    this.#service = service
    const plugin = new TemporarySlotPlugin(table => this.#listeners.has(table) || this.#columns.has(table))
    // Postgres makes the slot when no transaction that is open now is left, however long that takes.
    let heardAt = Number.POSITIVE_INFINITY
    const pulse = setInterval(() => {
      if (performance.now() - heardAt > SILENCE) void service.destroy()
      else void service.acknowledge(justBefore(plugin.position), true)
    }, 1000)
    service.on('heartbeat', (position: string, _time: number, mustAnswer: boolean) => {
      heardAt = performance.now()
      plugin.position = position
      // A Postgres that shuts down waits for this answer.
      if (mustAnswer) void service.acknowledge(justBefore(position))
    })
    service.on('start', () => {
      heardAt = performance.now()
      this.#live = true
      this.#seenAt = new Date()
      // A commit that begins where reading does is told.
      const before = positionOf(paddedPosition(justBefore(plugin.position)), LAST)
      this.#commit = { at: this.#seenAt, transaction: 0, position: '', changes: 0, before }
      if (this.#lostAt !== undefined) this.#resume({ from: this.#lostAt, to: this.#seenAt })
      started()
    })
    service.on('error', error => this.#log.warn({ err: error }, 'the feed failed'))
    service.on('data', (position: string, message: Pgoutput.Message) => {
      heardAt = performance.now()
      plugin.position = position
      // Counted, since a change has the same position in every process, whatever is listened to there.
      if (message === UNREAD) this.#commit.changes++
      else if (message.tag === 'begin') {
        this.#seenAt = new Date(Number(message.commitTime) / 1000)
        this.#commit = {
          at: this.#seenAt,
          transaction: message.xid,
          position: paddedPosition(message.commitLsn!),
          changes: 0,
          before: this.position,
        }
      } else if (message.tag === 'insert' || message.tag === 'update' || message.tag === 'delete')
        this.#deliver(message, this.#commit)
    })
    try {
      await service.subscribe(plugin, `voltspec_${process.pid}_${randomBytes(4).toString('hex')}`)
    } finally {
      clearInterval(pulse)
      await service.destroy().catch(() => {})
    }
  }

  #deliver(message: Pgoutput.MessageInsert | Pgoutput.MessageUpdate | Pgoutput.MessageDelete, commit: Commit): void {
    const table = `${message.relation.schema}.${message.relation.name}`
    const row = message.tag === 'delete' ? (message.key ?? message.old ?? {}) : message.new
    const change: Change = {
      kind: message.tag,
      row,
      oldKey: message.tag === 'update' ? (message.key ?? message.old ?? undefined) : undefined,
      committedAt: commit.at,
      transaction: commit.transaction,
      position: positionOf(commit.position, commit.changes++),
    }
    this.#tell(table, change)
    for (const column of this.#columns.get(table) ?? []) this.#tell(`${table}.${column}=${row[column]}`, change)
  }

  #tell(topic: string, change: Change): void {
    for (const listener of this.#listeners.get(topic) ?? []) {
      try {
        listener(change)
      } catch (error) {
        // One listener's fault is not another's.
        this.#log.error({ err: error }, 'a feed listener failed')
      }
    }
  }

  #resume(interruption: Interruption): void {
    this.#lostAt = undefined
    for (const listener of this.#resumed) listener(interruption)
  }
}

/**
 * The library acknowledges one byte more than it is told. Postgres takes that for another position than the one it sent,
 * and would never finish shutting down.
 */
function justBefore(position: string): string {
  const [high, low] = position.split('/').map(part => BigInt(`0x${part}`))
  const before = ((high! << 32n) | low!) - 1n
  return `${(before >> 32n).toString(16)}/${(before & 0xffffffffn).toString(16)}`
}

interface Commit {
  at: Date
  transaction: number
  position: string
  /** How many of its changes have come. */
  changes: number
  /** Of the last change before it. */
  before: string
}

/** No commit has so many changes. */
const LAST = 99_999_999

/** A place in the log as Postgres writes it, of one width, so that positions compare as text. */
export const paddedPosition = (position: string) =>
  position
    .split('/')
    .map(part => part.toUpperCase().padStart(8, '0'))
    .join('/')

const positionOf = (position: string, change: number) => `${position}:${String(change).padStart(8, '0')}`

/** Insert, update and delete, by their first byte. */
const ROW_MESSAGES = new Set(['I', 'U', 'D'].map(letter => letter.charCodeAt(0)))

/** Where an instant has microseconds, which a Date would lose. */
const EXACT_SCHEMAS = new Set(['flux'])
const asText = (text: string) => text

/** Stands for a row that was not decoded. */
const UNREAD = { tag: 'origin' } as Pgoutput.MessageOrigin

/** What the types of pg do not tell of a client. */
interface Connected {
  connection: { stream: Readable }
}

/** Makes its own temporary slot on the connection that then reads from it, so that both end together. */
class TemporarySlotPlugin extends PgoutputPlugin {
  /** How far the log has been read, as acknowledged to the server. */
  position = '0/1'

  readonly #wants: (table: string) => boolean
  /** Tables by the id that stands in the messages about their rows. */
  readonly #tables = new Map<number, string>()

  /** @param wants whether anybody listens to changes of a table (`schema.name`) */
  constructor(wants: (table: string) => boolean) {
    super({ protoVersion: 1, publicationNames: [PUBLICATION] })
    this.#wants = wants
  }

  /** A row that nobody listens for is not decoded: that is most of what a change costs. */
  override parse(buffer: Buffer): Pgoutput.Message {
    if (ROW_MESSAGES.has(buffer[0]!) && !this.#wants(this.#tables.get(buffer.readInt32BE(1))!)) return UNREAD
    const message: Pgoutput.Message = super.parse(buffer)
    if (message.tag === 'relation') {
      this.#tables.set(message.relationOid, `${message.schema}.${message.name}`)
      if (EXACT_SCHEMAS.has(message.schema))
        for (const column of message.columns) if (column.typeOid === types.builtins.TIMESTAMPTZ) column.parser = asText
    }
    return message
  }

  override async start(client: Client & Connected, slotName: string, lastLsn: string): Promise<unknown> {
    readTogether(client.connection.stream)
    const { rows } = await client.query<{ consistent_point: string }>(
      `CREATE_REPLICATION_SLOT "${slotName}" TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT`,
    )
    this.position = rows[0]!.consistent_point
    return super.start(client, slotName, lastLsn)
  }
}
