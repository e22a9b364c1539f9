import { RPCClient } from 'ocpp-rpc'
import type { RPC_ClientOptions } from 'ocpp-rpc/lib/client.js'
import { answerFeatureQuestion } from './featureQuestion.ts'

// biome-ignore lint/suspicious/noExplicitAny: what is wrong about an answer shows in the assertions.
type Answer = any

/** A station that nobody here wrote, which holds what it gets against schemas of its own. */
export interface RpcStation {
  call(action: string, payload: object): Promise<Answer>
  /** What it was asked for, in order, except for what it can do; it accepts everything. */
  handled: { method: string | undefined; params: Record<string, unknown> | undefined }[]
  /** What it does once before its next answer. */
  beforeAnswer: (() => Promise<unknown>) | undefined
  close(): Promise<unknown>
}

/** @param url of the server */
export async function connectStation(
  url: string,
  { identity, password, protocol }: { identity: string; password: string; protocol: string },
): Promise<RpcStation> {
  const options: Partial<RPC_ClientOptions> = {
    endpoint: `${url.replace('http', 'ws')}/ocpp`,
    identity,
    password,
    protocols: [protocol],
    strictMode: true,
    reconnect: false,
  }
  // Its types ask for what its code has defaults for.
  const client = new RPCClient(options as RPC_ClientOptions)
  const handled: RpcStation['handled'] = []
  client.handle(async ({ method, params }) => {
    const features = answerFeatureQuestion(method, params)
    if (features !== undefined) return features
    handled.push({ method, params })
    const { beforeAnswer } = station
    station.beforeAnswer = undefined
    await beforeAnswer?.()
    return { status: 'Accepted' }
  })
  const station: RpcStation = {
    handled,
    beforeAnswer: undefined,
    call: (action, payload) => client.call(action, payload),
    close: () => client.close({ force: true }),
  }
  await client.connect()
  return station
}
