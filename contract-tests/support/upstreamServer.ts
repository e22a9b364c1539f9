import type { AddressInfo } from 'node:net'
import { RPCServer } from 'ocpp-rpc'
import { eventually } from '../processes/workplace.ts'

type Params = Record<string, unknown>

/** Another vendor's central system, which notes what it is told and answers as a test says. */
export interface UpstreamServer {
  url: string
  /** The calls that came, in order. */
  received: { action: string; params: Params }[]
  /** Passwords that stations have shown. */
  passwords: (string | undefined)[]
  /** What it answers, by action; an empty object otherwise. */
  answers: Record<string, (params: Params) => unknown>
  /** Calls the station that is connected. */
  call(action: string, params: Params): Promise<unknown>
  /** The next calls of these actions that were not awaited before, in order of arrival. */
  next(...actions: string[]): Promise<Params[]>
  /** Goes away, as a server that is killed does. */
  goAway(): Promise<void>
  /** Is there again at the same address. */
  comeBack(): Promise<void>
}

interface StationClient {
  identity: string
  handle(handler: (call: { method: string; params: Params }) => unknown): void
  call(action: string, params: Params): Promise<unknown>
  once(event: 'close', listener: () => void): void
}

export async function startUpstream(protocol: 'ocpp1.6' | 'ocpp2.0.1'): Promise<UpstreamServer> {
  const received: UpstreamServer['received'] = []
  const passwords: UpstreamServer['passwords'] = []
  const answers: UpstreamServer['answers'] = {
    BootNotification: () => ({ status: 'Accepted', interval: 300, currentTime: new Date().toISOString() }),
    Heartbeat: () => ({ currentTime: new Date().toISOString() }),
  }
  let client: StationClient | undefined
  let server: RPCServer
  let awaited = 0

  const open = async (port: number): Promise<number> => {
    server = new RPCServer({ protocols: [protocol], strictMode: true })
    server.auth((accept, _reject, handshake) => {
      passwords.push(handshake.password?.toString())
      accept()
    })
    server.on('client', (arrived: StationClient) => {
      client = arrived
      arrived.handle(({ method, params }) => {
        received.push({ action: method, params })
        return answers[method]?.(params) ?? {}
      })
    })
    const http = await server.listen(port, '127.0.0.1')
    return (http.address() as AddressInfo).port
  }
  const port = await open(0)
  /** Calls that nobody awaited. A bridge whose connection was lost registers again, which says nothing new. */
  const unread = (actions: string[]) =>
    received
      .map((call, index) => ({ ...call, index }))
      .slice(awaited)
      .filter(({ action }) => action !== 'BootNotification' || actions.includes(action))

  return {
    url: `ws://127.0.0.1:${port}/csms`,
    received,
    passwords,
    answers,
    call: (action, params) => client!.call(action, params),
    async next(...actions) {
      await eventually(
        `${actions.join(', ')}; so far ${received.map(({ action }) => action).join(', ')}`,
        15_000,
        () => unread(actions).length >= actions.length,
      )
      const calls = unread(actions).slice(0, actions.length)
      awaited = calls.at(-1)!.index + 1
      if (calls.some(({ action }, index) => action !== actions[index]))
        throw new Error(`expected ${actions.join(', ')}, not ${calls.map(({ action }) => action).join(', ')}`)
      return calls.map(({ params }) => params)
    },
    async goAway() {
      await server.close({ code: 1001, reason: 'gone', force: true })
    },
    async comeBack() {
      await open(port)
    },
  }
}
