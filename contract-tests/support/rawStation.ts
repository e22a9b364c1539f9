import { once } from 'node:events'
import { WebSocket } from 'ws'
import { answerFeatureQuestion } from './featureQuestion.ts'

/** A station that sends whatever a test wants, on a bare WebSocket. */
export interface RawStation {
  socket: WebSocket
  protocol: string
  send(frame: unknown): void
  sendText(text: string): void
  /** The next frame that has not been looked at. @throws Error when there is none within the time */
  next(milliseconds?: number): Promise<unknown[]>
  /** Sends a CALL and returns the next frame. */
  call(action: string, payload?: object, id?: string): Promise<unknown[]>
  /** How many frames have come that were not looked at. */
  readonly unread: number
  /** Code and reason of the end. */
  closed: Promise<{ code: number; reason: string }>
  close(): Promise<void>
}

export interface RawOptions {
  identity: string
  password?: string | Uint8Array
  /** The user name, when it is not the identity. */
  user?: string
  protocols?: string[]
  autoPong?: boolean
  headers?: Record<string, string>
  /** Whether the test sees what the server asks after a boot; without it the station says that it cannot tell. */
  isAskedForFeatures?: boolean
}

const open = new Set<WebSocket>()

/** Closes what a test has left open. */
export function closeStations(): void {
  for (const socket of open) socket.terminate()
}

export function dial(url: string, options: RawOptions): WebSocket {
  const { identity, password, user = identity, protocols = ['ocpp1.6'], autoPong = true, headers = {} } = options
  const address = `${url.replace(/^http/, 'ws')}/ocpp/${encodeURIComponent(identity)}`
  const credentials =
    password === undefined ? undefined : Buffer.concat([Buffer.from(`${user}:`), Buffer.from(password)])
  const authorization = credentials === undefined ? {} : { authorization: `Basic ${credentials.toString('base64')}` }
  const socket = new WebSocket(address, protocols, { headers: { ...authorization, ...headers }, autoPong })
  open.add(socket)
  socket.once('close', () => open.delete(socket))
  return socket
}

/** @throws Error when the handshake is refused */
export async function connectRaw(url: string, options: RawOptions): Promise<RawStation> {
  const socket = dial(url, options)
  const frames: unknown[][] = []
  const waiting: ((frame: unknown[]) => void)[] = []
  socket.on('message', data => {
    const frame = JSON.parse(data.toString())
    const [type, id, action, payload] = frame
    const answer = type === 2 && !options.isAskedForFeatures ? answerFeatureQuestion(action, payload) : undefined
    if (answer !== undefined) {
      socket.send(JSON.stringify([3, id, answer]))
      return
    }
    const taker = waiting.shift()
    if (taker === undefined) frames.push(frame)
    else taker(frame)
  })
  await once(socket, 'open')
  socket.on('error', () => {})
  const closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }))
  const next: RawStation['next'] = (milliseconds = 5000) => {
    const frame = frames.shift()
    if (frame !== undefined) return Promise.resolve(frame)
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        waiting.splice(waiting.indexOf(take), 1)
        reject(new Error(`no frame within ${milliseconds} ms`))
      }, milliseconds)
      const take = (found: unknown[]) => {
        clearTimeout(late)
        resolve(found)
      }
      waiting.push(take)
    })
  }
  let calls = 0
  return {
    socket,
    protocol: socket.protocol,
    send: frame => socket.send(JSON.stringify(frame)),
    sendText: text => socket.send(text),
    next,
    call(action, payload = {}, id = `call-${++calls}`) {
      socket.send(JSON.stringify([2, id, action, payload]))
      return next()
    },
    get unread() {
      return frames.length
    },
    closed,
    async close() {
      socket.close()
      await closed
    },
  }
}

export interface RefusedHandshake {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

/** Dials and expects an HTTP answer. */
export async function refusedHandshake(url: string, options: RawOptions): Promise<RefusedHandshake> {
  const socket = dial(url, options)
  return new Promise((resolve, reject) => {
    socket.once('open', () => reject(new Error('the handshake was accepted')))
    socket.once('unexpected-response', (_request, response) => {
      let body = ''
      response.on('data', chunk => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }))
    })
    socket.on('error', reject)
  })
}
