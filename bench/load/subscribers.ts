import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { SubscriberJob } from './streamJob.ts'

/** Many WebSocket clients in one process. They count frames and look at nothing else, so that reading costs little. */
let expected = 0
let received = 0
let bytes = 0
let sockets: Socket[] = []

process.on('message', (job: SubscriberJob) => {
  if (job.kind === 'open') {
    open(job).then(
      () => process.send!({ result: undefined }),
      error => process.send!({ error: error.message }),
    )
  } else if (job.kind === 'expect') {
    expected = job.frames
    received = 0
    bytes = 0
  } else {
    for (const socket of sockets) socket.destroy()
    sockets = []
  }
})
process.on('disconnect', () => process.exit())
process.stdout.write('listening 0\n')

async function open({ port, token, count }: SubscriberJob & { kind: 'open' }): Promise<void> {
  // A few at a time: a listening socket has a backlog.
  while (sockets.length < count) {
    const wave = Math.min(50, count - sockets.length)
    sockets.push(...(await Promise.all(Array.from({ length: wave }, () => subscribe(port, token)))))
  }
}

async function subscribe(port: number, token: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const head = [
    'GET /stream HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    `Authorization: Bearer ${token}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  const text = answer.toString('latin1')
  if (!text.startsWith('HTTP/1.1 101') || !text.endsWith('\r\n\r\n')) throw new Error(`no handshake: ${text}`)
  socket.on('data', counter(socket))
  socket.on('error', () => {})
  return socket
}

/** Counts the frames of one connection. A server's frames are not masked; ours are short, so a header is 2 or 4 bytes. */
function counter(socket: Socket): (chunk: Buffer) => void {
  let rest: Buffer | undefined
  /** Bytes of the current frame that are still to come. */
  let left = 0
  return chunk => {
    const data = rest === undefined ? chunk : Buffer.concat([rest, chunk])
    rest = undefined
    let at = 0
    while (at < data.length) {
      if (left === 0) {
        const short = data.length - at < 2 ? 127 : data[at + 1]! & 0x7f
        if (data.length - at < 4) {
          rest = data.subarray(at)
          return
        }
        if (data[at] !== 0x81) throw new Error(`not a whole text frame: ${data[at]!.toString(16)}`)
        left = short < 126 ? short + 2 : data.readUInt16BE(at + 2) + 4
      }
      const part = Math.min(left, data.length - at)
      at += part
      left -= part
      bytes += part
      if (left === 0 && ++received === expected) {
        process.send!({ result: { finishedAt: performance.timeOrigin + performance.now(), bytes } })
      }
    }
    if (socket.destroyed) rest = undefined
  }
}
