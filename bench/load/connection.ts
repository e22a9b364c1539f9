import { connect, type Socket } from 'node:net'

const HEAD_END = Buffer.from('\r\n\r\n')
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n')

/**
 * A keep-alive connection that sends a request and calls back when the whole answer is in. It reads of HTTP only what
 * tells the status and the end of an answer, so that the load costs the servers under test as little as can be.
 */
export class Connection {
  readonly #socket: Socket
  readonly #onAnswer: (status: string) => void
  #head: Buffer | undefined
  #status = ''
  /** Bytes of the body that are still to come. */
  #left = 0
  /** Whether the body comes in chunks, whose end stands in the last one. */
  #chunked = false

  constructor(port: number, onAnswer: (status: string) => void, onError: (error: Error) => void) {
    this.#onAnswer = onAnswer
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', chunk => this.#read(chunk))
    this.#socket.on('error', onError)
    this.#socket.on('close', () => onError(new Error('the server closed a connection')))
  }

  send(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  close(): void {
    this.#socket.removeAllListeners('close')
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    if (this.#chunked) {
      if (!chunk.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)) return
      this.#chunked = false
    } else if (this.#left > 0) this.#left -= chunk.length
    else {
      const bytes = this.#head === undefined ? chunk : Buffer.concat([this.#head, chunk])
      const end = bytes.indexOf(HEAD_END)
      if (end === -1) {
        this.#head = bytes
        return
      }
      this.#head = undefined
      const head = bytes.toString('latin1', 0, end)
      this.#status = head.slice(9, 12)
      const length = /\r\ncontent-length: (\d+)/i.exec(head)
      if (length === null && /\r\ntransfer-encoding: chunked/i.test(head)) {
        this.#chunked = !bytes.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)
        if (!this.#chunked) this.#onAnswer(this.#status)
        return
      }
      if (length === null) throw new Error(`an answer without a length: ${head}`)
      this.#left = Number(length[1]) - (bytes.length - end - HEAD_END.length)
    }
    if (this.#left === 0 && !this.#chunked) this.#onAnswer(this.#status)
  }
}
