import type { ServerResponse } from 'node:http'
import type { BoardCaller } from '../../auth/caller.ts'
import type { StreamReply } from '../../operation.ts'
import type { Services } from '../../services.ts'
import type { Reset } from './frame.ts'
import type { StreamSessions } from './sessions.ts'
import { type Start, Subscriber } from './subscriber.ts'
import { Topic } from './topic.ts'

/** Where the events of a stream come from, and how its ids are ordered. */
export interface Source<Facts> {
  /** Begins to publish to the topics; the function ends it. */
  begin(stream: EventStream<Facts>): () => void
  /** Everything after it will be published. */
  position(): string
  /** Whether an id that a client shows is of an event that there was, as far as that can be known. */
  isPast(id: string): boolean | Promise<boolean>
  /** How long a tenant's events are kept ready when nobody listens any more, in milliseconds. */
  lingers: number
}

const HEADERS = {
  'Cache-Control': 'no-cache',
  // Tells nginx and its like to hold nothing back.
  'X-Accel-Buffering': 'no',
}

/**
 * Server-Sent Events of one kind, for the sessions of every tenant.
 *
 * An event is written once per tenant and handed to each client. Nobody waits for anybody. Nothing is read from the
 * source before the first client comes.
 */
export class EventStream<Facts> {
  readonly #services: Pick<Services, 'config' | 'metrics' | 'draining'>
  readonly #sessions: StreamSessions
  readonly #source: Source<Facts>
  readonly #topics = new Map<string, Topic<Facts>>()
  #end: (() => void) | undefined
  #beat: NodeJS.Timeout | undefined

  constructor(
    services: Pick<Services, 'config' | 'metrics' | 'draining'>,
    sessions: StreamSessions,
    source: Source<Facts>,
  ) {
    this.#services = services
    this.#sessions = sessions
    this.#source = source
    services.draining.addEventListener('abort', () => this.#close())
  }

  /**
   * Answers with the stream.
   *
   * @param lastEventId of the last event that the client had
   * @throws tooMany when the session has too many streams open
   */
  async open(
    caller: BoardCaller,
    lastEventId: string | undefined,
    wants: (facts: Facts) => boolean = () => true,
  ): Promise<StreamReply> {
    const start = await this.#start(lastEventId)
    this.#sessions.checkRoom(caller)
    return {
      status: 200,
      body: undefined,
      contentType: 'text/event-stream',
      headers: HEADERS,
      stream: response => this.#serve(response, caller, start, wants),
    }
  }

  /** The tenants that somebody listens to, or did a moment ago. */
  get tenants(): Iterable<string> {
    return this.#topics.keys()
  }

  topic(tenantId: string): Topic<Facts> | undefined {
    return this.#topics.get(tenantId)
  }

  /** Begins anew for everybody, because events may be missing. */
  interrupt(reset: Reset): void {
    for (const topic of this.#topics.values()) topic.restart(this.#source.position(), reset)
  }

  async #start(id: string | undefined): Promise<Start> {
    if (id === undefined || id === '') return { at: 'now' }
    return (await this.#source.isPast(id)) ? { at: 'event', id } : { at: 'now', reset: { reason: 'unknown' } }
  }

  async #serve(
    response: ServerResponse,
    caller: BoardCaller,
    start: Start,
    wants: (facts: Facts) => boolean,
  ): Promise<void> {
    const { config, metrics, draining } = this.#services
    if (response.destroyed) return
    if (draining.aborted) {
      response.end()
      return
    }
    const topic = this.#openTopic(caller.tenantId)
    const subscriber = new Subscriber<Facts>({
      response,
      topic,
      wants,
      bufferBytes: config.streamBufferBytes,
      onDrop: () => metrics.streamDrops.inc(),
    })
    topic.subscribers.add(subscriber)
    topic.idleSince = Number.POSITIVE_INFINITY
    const leave = this.#sessions.add(caller, () => subscriber.end())
    metrics.streams.inc()
    try {
      await subscriber.begin(start)
    } finally {
      leave()
      metrics.streams.dec()
      topic.subscribers.delete(subscriber)
      if (topic.subscribers.size === 0) topic.idleSince = performance.now()
    }
  }

  #openTopic(tenantId: string): Topic<Facts> {
    this.#end ??= this.#source.begin(this)
    this.#beat ??= setInterval(() => this.#tend(), this.#services.config.sseHeartbeatMs)
    const topic = this.#topics.get(tenantId) ?? new Topic<Facts>(this.#source.position())
    this.#topics.set(tenantId, topic)
    return topic
  }

  /** Keeps connections alive, and forgets what nobody has listened to for long. */
  #tend(): void {
    for (const [tenantId, { subscribers, idleSince }] of this.#topics) {
      for (const subscriber of subscribers) subscriber.beat()
      if (performance.now() - idleSince > this.#source.lingers) this.#topics.delete(tenantId)
    }
    if (this.#topics.size === 0) this.#rest()
  }

  #rest(): void {
    clearInterval(this.#beat)
    this.#beat = undefined
    this.#end?.()
    this.#end = undefined
  }

  #close(): void {
    for (const { subscribers } of this.#topics.values()) for (const subscriber of subscribers) subscriber.end()
    this.#topics.clear()
    this.#rest()
  }
}
