import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { faultOf, type Protocol } from './schemas.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test looks into payloads of every kind, and fails where one is not as it says.
type Payload = any

export interface Heard {
  action: string
  payload: Payload
}

/** Somebody else's central system, for tests of the twin: takes everything, asks what it is told to, holds every payload against its schema. */
export class CentralSystem {
  readonly protocol: Protocol
  readonly heard: Heard[] = []
  /** Bodies that were uploaded. */
  readonly uploads: string[] = []
  /** Answers in place of the usual ones, by action. */
  readonly answers: Record<string, (payload: Payload) => object> = {}
  readonly authorizations: (string | undefined)[] = []
  #server = http.createServer()
  #sockets = new WebSocketServer({ noServer: true })
  #socket: WebSocket | undefined
  #asked = new Map<string, { action: string; resolve: (answer: Payload) => void }>()
  #news = Promise.withResolvers<void>()
  #closed = false
  #transactions = 0

  constructor(protocol: Protocol) {
    this.protocol = protocol
    this.#server.on('request', async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      this.uploads.push(body)
      response.end()
    })
    this.#server.on('upgrade', (request, socket, head) => {
      if (this.#closed) return socket.destroy()
      this.authorizations.push(request.headers.authorization)
      this.#sockets.handleUpgrade(request, socket, head, accepted => this.#take(accepted))
    })
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): void {
    this.#socket?.terminate()
    this.#server.close().closeAllConnections()
  }

  /** Cuts the connection and lets nobody in until the door is opened. */
  shut(): void {
    this.#closed = true
    this.#socket?.terminate()
  }

  reopen(): void {
    this.#closed = false
  }

  /** Asks the station. @throws AssertionError when either payload is wrong by its schema, or the answer an error */
  async ask(action: string, payload: object = {}): Promise<Payload> {
    assert.equal(faultOf(this.protocol, action, 'Request', payload), undefined)
    const id = randomUUID()
    const { promise, resolve } = Promise.withResolvers<Payload>()
    this.#asked.set(id, { action, resolve })
    this.#socket!.send(JSON.stringify([2, id, action, payload]))
    const [type, , answer] = await promise
    assert.equal(type, 3, `${action}: ${JSON.stringify(answer)}`)
    assert.equal(faultOf(this.protocol, action, 'Response', answer), undefined)
    return answer
  }

  /** The payload of a call that has come since the last look, or comes soon. @throws AssertionError when it does not */
  async hears(action: string, fits: (payload: Payload) => boolean = () => true): Promise<Payload> {
    const deadline = performance.now() + 8000
    for (;;) {
      const index = this.heard.findIndex(heard => heard.action === action && fits(heard.payload))
      if (index !== -1) return this.heard.splice(index, 1)[0]!.payload
      const left = deadline - performance.now()
      assert.ok(left > 0, `no ${action}; there are ${JSON.stringify(this.heard.slice(-10))}`)
      let timer: NodeJS.Timeout
      await Promise.race([
        this.#news.promise,
        new Promise(resolve => {
          timer = setTimeout(resolve, left)
        }),
      ])
      clearTimeout(timer!)
    }
  }

  #take(socket: WebSocket): void {
    this.#socket = socket
    socket.on('message', data => this.#read(socket, JSON.parse(String(data))))
  }

  #read(socket: WebSocket, frame: Payload[]): void {
    const [type, id, action, payload] = frame
    if (type !== 2) {
      this.#asked.get(id)?.resolve(frame)
      this.#asked.delete(id)
      return
    }
    assert.equal(faultOf(this.protocol, action, 'Request', payload), undefined)
    const answer = (this.answers[action] ?? (() => this.#usual(action)))(payload)
    socket.send(JSON.stringify([3, id, answer]))
    this.heard.push({ action, payload })
    this.#news.resolve()
    this.#news = Promise.withResolvers()
  }

  #usual(action: string): object {
    const accepted = { status: 'Accepted' }
    const currentTime = new Date().toISOString()
    const authorization = this.protocol === 'ocpp1.6' ? { idTagInfo: accepted } : { idTokenInfo: accepted }
    if (action === 'BootNotification') return { currentTime, interval: 300, ...accepted }
    if (action === 'Heartbeat') return { currentTime }
    if (action === 'Authorize') return authorization
    if (action === 'StartTransaction') return { transactionId: ++this.#transactions, ...authorization }
    return {}
  }
}
