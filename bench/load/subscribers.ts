import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { frameCounter } from './frames.ts'
import type { SubscriberJob } from './streamJob.ts'

/** Many WebSocket clients in one process. They count frames and look at nothing else, so that reading costs little. */
let expected = 0
let received = 0

process.on('message', (job: SubscriberJob) => {
  if (job.kind === 'expect') {
    expected = job.frames
    received = 0
    return
  }
  open(job).then(
    () => process.send!({ result: undefined }),
    error => process.send!({ error: error.message }),
  )
})
process.on('disconnect', () => process.exit())
process.stdout.write('listening 0\n')

function count(): void {
  if (++received === expected) process.send!({ result: performance.timeOrigin + performance.now() })
}

async function open({ port, token, subscribers }: SubscriberJob & { kind: 'open' }): Promise<void> {
  // A few at a time: a listening socket has a backlog.
  for (let opened = 0; opened < subscribers; opened += 50) {
    await Promise.all(Array.from({ length: Math.min(50, subscribers - opened) }, () => subscribe(port, token)))
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
  socket.on('data', frameCounter(count))
  // The server ends the connections when it is stopped.
  socket.on('error', () => {})
  return socket
}
