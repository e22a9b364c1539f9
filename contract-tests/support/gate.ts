import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'

/** A way to a server that a test can close: the server itself goes on. */
export interface Gate {
  /** The server's address by this way. */
  url: string
  /** Ends all connections and refuses new ones. */
  shut(): void
  /** Lets nothing pass in either direction, and ends nothing. */
  stall(): void
  open(): void
  close(): void
}

export async function openGate(address: string): Promise<Gate> {
  const target = new URL(address)
  const pairs = new Set<[Socket, Socket]>()
  let state: 'open' | 'shut' | 'stalled' = 'open'
  const server = net.createServer({ allowHalfOpen: false }, near => {
    if (state === 'shut') return near.resetAndDestroy()
    const far = net.connect(Number(target.port), target.hostname)
    const pair: [Socket, Socket] = [near, far]
    pairs.add(pair)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', data => {
        if (!to.write(data)) from.pause()
      })
      from.on('error', () => to.destroy())
      from.on('close', () => {
        to.destroy()
        pairs.delete(pair)
      })
      to.on('drain', () => state !== 'stalled' && from.resume())
    }
    if (state === 'stalled') for (const socket of pair) socket.pause()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(address)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  const each = (act: (socket: Socket) => void) => {
    for (const pair of pairs) pair.forEach(act)
  }
  return {
    url: url.href,
    shut() {
      state = 'shut'
      each(socket => socket.destroy())
    },
    stall() {
      state = 'stalled'
      each(socket => socket.pause())
    },
    open() {
      state = 'open'
      each(socket => socket.resume())
    },
    close() {
      each(socket => socket.destroy())
      server.close()
    },
  }
}
