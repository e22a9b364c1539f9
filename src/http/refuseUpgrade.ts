import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { asApiError, STATUS } from '../errors.ts'

/** How long who was answered may take to close its side; in milliseconds. */
const LINGER = 2000

/** Answers on a bare socket, where Node has no response object to answer with, and closes it. */
export function answerRaw(socket: Duplex, status: number, body: object, headers: Record<string, string> = {}): void {
  const text = JSON.stringify(body)
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(text)}`,
    `X-Request-Id: ${randomUUID()}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`)
  // Nobody reads a bare socket or watches its time: its end has to be heard, and one that does not end is cut off.
  socket.resume()
  setTimeout(() => socket.destroy(), LINGER).unref()
}

/** Refuses a WebSocket before its handshake, in the shape that its clients expect. */
export function refuseUpgrade(
  socket: Duplex,
  error: unknown,
  shape: (status: number, message: string) => object,
): void {
  const { kind, message, headers } = asApiError(error)
  answerRaw(socket, STATUS[kind], shape(STATUS[kind], message), headers)
}
