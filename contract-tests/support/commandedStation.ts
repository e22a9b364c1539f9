import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { RPCClient } from 'ocpp-rpc'
import type { RPC_ClientOptions } from 'ocpp-rpc/lib/client.js'
import type { Protocol } from '../../src/ocpp/action.ts'
import { eventually } from '../processes/workplace.ts'
import { answerFeatureQuestion } from './featureQuestion.ts'
import type { TestServer } from './testServer.ts'

// biome-ignore lint/suspicious/noExplicitAny: what is wrong about an answer shows in the assertions.
type Loose = any

/** A station with a device of the demo tenant, which commands reach. The client is one that nobody here wrote. */
export interface CommandedStation {
  identity: string
  deviceId: string
  /** What it was asked for, in order, except for what it can do. */
  asked: { action: string; payload: Loose }[]
  /** Decides what it answers from now on; a thrown error is a CALLERROR. */
  answer(action: string, how: (payload: Loose) => unknown): void
  connect(to?: TestServer): Promise<void>
  disconnect(): Promise<void>
  call(action: string, payload: object): Promise<Loose>
  /** Posts a command of tellus for its connector 1. @returns its id */
  command(path: string, body: object): Promise<string>
  /** Puts any command into its queue by hand. @returns its id */
  queue(command: string, params: object, expiresIn?: number): Promise<string>
  diagnose(body: object): Promise<string>
  /** The command as tellus shows it, when it has come to a status. */
  becomes(commandId: string, status: string, within?: number): Promise<Loose>
  boot(): Promise<void>
}

const ACCEPTED = () => ({ status: 'Accepted' })

/** Connects a new station that enrolls itself, and has it tell of connector 1. */
export async function commandedStation(
  server: TestServer,
  protocol: Protocol,
  prefix = 'CMD',
): Promise<CommandedStation> {
  const { db } = server.services
  const identity = `${prefix}-${randomUUID()}`
  const { password } = server.credentials.ocpp
  const token = await server.operator('admin')
  const operator = await server.operator('demo')
  const asked: CommandedStation['asked'] = []
  const answers = new Map<string, (payload: Loose) => unknown>()
  let client: RPCClient | undefined
  let deviceId = ''

  const post = async (path: string, body: object, as = operator) => {
    const answer = await server.call('POST', path, { token: as, body })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body.data.command_id as string
  }

  const station: CommandedStation = {
    identity,
    get deviceId() {
      return deviceId
    },
    asked,
    answer: (action, how) => void answers.set(action, how),
    async connect(to = server) {
      const options: Partial<RPC_ClientOptions> = {
        endpoint: `${to.url.replace('http', 'ws')}/ocpp`,
        identity,
        password,
        protocols: [protocol],
        // It has no schemas of 2.1 under names that it finds.
        strictMode: protocol !== 'ocpp2.1',
        reconnect: false,
      }
      // Its types ask for what its code has defaults for.
      client = new RPCClient(options as RPC_ClientOptions)
      client.handle(async ({ method, params }) => {
        const features = answerFeatureQuestion(method, params)
        if (features !== undefined) return features
        asked.push({ action: method!, payload: params })
        return (answers.get(method!) ?? ACCEPTED)(params) as Loose
      })
      await client.connect()
    },
    async disconnect() {
      const before = await db('ocpp.connection_states').first('connection_id').where({ identity })
      await client!.close({ force: true })
      await eventually('the end of the connection', 5000, async () => {
        const row = await db('ocpp.connection_states').first().where(before).whereNotNull('disconnected_at')
        return row
      })
    },
    call: (action, payload) => client!.call(action, payload),
    command: (path, body) => post(`/v1/devices/${deviceId}/connectors/1/${path}`, body),
    diagnose: body => post(`/v1/devices/${deviceId}/commands`, body, token),
    queue: (command, params, expires_in) =>
      post(
        '/admin/queue-command',
        { device_id: deviceId, connector_id: 1, command, params, ...(expires_in && { expires_in }) },
        token,
      ),
    becomes: (commandId, status, within = 5000) =>
      eventually(`${commandId} to be ${status}`, within, async () => {
        const { body } = await server.call('GET', `/v1/commands/${commandId}`, { token: operator })
        if (['failed', 'completed', 'expired'].includes(body.data.status))
          assert.equal(body.data.status, status, JSON.stringify(body.data))
        return body.data.status === status ? body.data : undefined
      }),
    async boot() {
      if (protocol === 'ocpp1.6')
        await client!.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' })
      else
        await client!.call('BootNotification', {
          reason: 'PowerUp',
          chargingStation: { vendorName: 'V', model: 'M' },
        })
    },
  }
  await station.connect()
  await station.boot()
  if (protocol === 'ocpp1.6')
    await station.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' })
  else
    await station.call('StatusNotification', {
      evseId: 1,
      connectorId: 1,
      connectorStatus: 'Available',
      timestamp: new Date().toISOString(),
    })
  const row = await db('ocpp.stations').first('device_id').where({ identity })
  deviceId = row.device_id
  return station
}

/** The last call of an action that the station got. */
export async function lastAsked({ asked }: CommandedStation, action: string): Promise<Loose> {
  return eventually(`a ${action}`, 5000, () => asked.findLast(call => call.action === action)?.payload)
}
