import assert from 'node:assert/strict'
import http from 'node:http'
import { events as validators } from '../../generated/board/validators.js'
import { eventually } from '../processes/workplace.ts'

/** An event as a client sees it. */
export interface StreamEvent {
  id: string
  event: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every kind, and fail where one is not as they say.
  data: any
}

/** The name that the contract has for the payload of an event. */
const NAMES: Record<string, keyof typeof validators> = {
  connected: 'StreamConnected',
  message: 'StationMessage',
  telemetry: 'TelemetrySnapshot',
  security: 'SecurityNotice',
  reset: 'StreamReset',
}

/** A client of an event stream. It holds every event against the contract. */
export class EventClient {
  readonly response: http.IncomingMessage
  readonly events: StreamEvent[] = []
  /** Comments and `retry` fields, as they came. */
  readonly asides: string[] = []
  /** What was wrong with what came. */
  readonly faults: string[] = []
  ended = false
  #rest = ''

  constructor(response: http.IncomingMessage) {
    this.response = response
    response.setEncoding('utf8')
    response.on('data', text => this.#read(text))
    response.on('error', () => {})
    response.on('close', () => {
      this.ended = true
    })
  }

  get lastId(): string {
    return this.events.at(-1)!.id
  }

  /** The events of one name. */
  of(name: string): StreamEvent[] {
    return this.events.filter(({ event }) => event === name)
  }

  /** Resolves when that many events of a name have come. @throws what was wrong with one */
  async received(name: string, count: number, within = 5000): Promise<StreamEvent[]> {
    await eventually(
      `${count} ${name} (there are ${this.of(name).length})`,
      within,
      () => this.of(name).length >= count,
    )
    assert.deepEqual(this.faults, [])
    return this.of(name)
  }

  async hasEnded(within = 5000): Promise<void> {
    await eventually('the end of the stream', within, () => this.ended)
  }

  close(): void {
    this.response.destroy()
  }

  #read(text: string): void {
    const blocks = (this.#rest + text).split('\n\n')
    this.#rest = blocks.pop()!
    for (const block of blocks) {
      const fields = new Map<string, string>()
      for (const line of block.split('\n')) {
        const [, name, value] = /^(\w+): (.*)$/.exec(line) ?? []
        if (name === undefined || name === 'retry') this.asides.push(line)
        else fields.set(name, value!)
      }
      const event = fields.get('event')
      if (event === undefined) continue
      const read = { id: fields.get('id') ?? '', event, data: JSON.parse(fields.get('data')!) }
      this.events.push(read)
      const validate = validators[NAMES[event]!]
      if (!validate(read.data)) this.faults.push(`${event}: ${JSON.stringify(validate.errors)}`)
    }
  }
}

/** Opens a stream with a session. @throws AssertionError when it is refused */
export async function openEvents(
  server: { url: string },
  path: string,
  session: string,
  headers: Record<string, string> = {},
): Promise<EventClient> {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http
      .get(`${server.url}/api${path}`, {
        // Each client has a connection of its own.
        agent: false,
        headers: { cookie: `board-session=${session}`, ...headers },
      })
      .once('response', resolve)
      .once('error', reject)
  })
  assert.equal(response.statusCode, 200)
  return new EventClient(response)
}
