import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const TEXT = 0x81
const PING = 0x89
const PONG = 0x8a
const CLOSE = 0x88
const MASKED = 0x80
const RESULT = Buffer.from('[3,')

/** What a connection tells of its answers. */
export interface Listener {
  /** @param isResult whether it is a CALLRESULT */
  answered(isResult: boolean): void
  failed(error: Error): void
}

/**
 * The WebSocket of one OCPP station, as little of it as can be, so that many fit in one process. Frames are masked with
 * zeros, which changes nothing for the server and spares the copying here. Frames of the server are shorter than 64 kB.
 */
export class StationConnection {
  readonly #socket: Socket
  listener: Listener | undefined
  #rest: Buffer | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', chunk => this.#read(chunk))
    socket.on('error', error => this.listener?.failed(error))
    socket.on('close', () => this.listener?.failed(new Error('the server closed the connection of a station')))
  }

  /** Resolves when the server has let the station in. */
  static async open(port: number, identity: string, password: string): Promise<StationConnection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const head = [
      `GET /ocpp/${identity} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      `Authorization: Basic ${Buffer.from(`${identity}:${password}`).toString('base64')}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: ocpp1.6',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n`)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    const text = answer.toString('latin1')
    if (!text.startsWith('HTTP/1.1 101') || !text.endsWith('\r\n\r\n')) throw new Error(`no handshake: ${text}`)
    return new StationConnection(socket)
  }

  send(frame: Buffer): void {
    this.#socket.write(frame)
  }

  close(): void {
    this.listener = undefined
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    const data = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = undefined
    let at = 0
    while (at < data.length) {
      const size = data.length - at >= 2 ? data[at + 1]! : 126
      const isShort = size < 126
      if (!isShort && data.length - at < 4) break
      const from = at + (isShort ? 2 : 4)
      const end = from + (isShort ? size : data.readUInt16BE(at + 2))
      if (end > data.length) break
      this.#take(data[at]!, data.subarray(from, end))
      at = end
    }
    if (at < data.length) this.#rest = data.subarray(at)
  }

  #take(kind: number, payload: Buffer): void {
    if (kind === PING)
      this.#socket.write(Buffer.concat([Buffer.from([PONG, MASKED | payload.length, 0, 0, 0, 0]), payload]))
    else if (kind === TEXT) this.listener?.answered(payload.subarray(0, RESULT.length).equals(RESULT))
    else if (kind === CLOSE) this.listener?.failed(new Error(`the server closed: ${payload.subarray(2)}`))
    else throw new Error(`a frame that was not expected: ${kind}`)
  }
}

/** A text frame of a client, with bytes that may be changed as long as their number stays. */
export function clientFrame(text: string): { frame: Buffer; offset: number } {
  const head = Buffer.from([TEXT, MASKED | 126, 0, 0, 0, 0, 0, 0])
  head.writeUInt16BE(text.length, 2)
  return { frame: Buffer.concat([head, Buffer.from(text, 'latin1')]), offset: head.length }
}
