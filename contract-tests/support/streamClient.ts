import { setTimeout as delay } from 'node:timers/promises'
import WebSocket from 'ws'
import type { TestServer } from './testServer.ts'

export interface StreamClient {
  socket: WebSocket
  // biome-ignore lint/suspicious/noExplicitAny: tests look into frames of every shape, and fail where one is not as they say.
  frames: any[]
  /** How the server ended it. Rejects when it does not end it within five seconds. */
  closed(): Promise<{ code: number; reason: string }>
  /** Resolves as soon as that many frames have come, and rejects after a second without them. */
  received(count: number): Promise<void>
  close(): Promise<void>
}

/** Opens the WebSocket at a path of the server, with a bearer where one is given. Resolves after the handshake. */
export async function openStream(server: TestServer, token?: string, path = '/stream'): Promise<StreamClient> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, { headers })
  const frames: unknown[] = []
  socket.on('message', data => frames.push(JSON.parse(String(data))))
  const end = new Promise<{ code: number; reason: string }>(resolve =>
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
  )
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return {
    socket,
    frames,
    closed: () => Promise.race([end, tooLate()]),
    received(count) {
      return new Promise((resolve, reject) => {
        const look = () => {
          if (frames.length < count) return
          clearTimeout(late)
          socket.off('message', look)
          resolve()
        }
        const late = setTimeout(() => {
          socket.off('message', look)
          reject(new Error(`${frames.length} of ${count} frames came within a second`))
        }, 1000)
        socket.on('message', look)
        look()
      })
    },
    async close() {
      socket.close()
      await end
    },
  }
}

async function tooLate(): Promise<never> {
  await delay(5000, undefined, { ref: false })
  throw new Error('the server did not close the stream within five seconds')
}
