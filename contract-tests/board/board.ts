import { randomUUID } from 'node:crypto'
import * as tenants from '../../src/store/tenants.ts'
import type { Answer, TestServer } from '../support/testServer.ts'

/** A board as a test sees it: logged in to the demo tenant and to the other one, with rows that stand where it wants. */
export interface Board {
  tenantId: string
  otherTenantId: string
  get(path: string, who?: 'demo' | 'other'): Promise<Answer>
  send(method: string, path: string, who?: 'demo' | 'other', body?: unknown): Promise<Answer>
  call(method: string, path: string, options?: { body?: unknown; who?: 'demo' | 'other' }): Promise<Answer>
  /** A message of the demo tenant; a CALL IN of now where nothing else is said. @returns its id */
  message(facts?: Record<string, unknown>): Promise<string>
  /** A station that has been connected. @returns its identity */
  station(facts?: Record<string, unknown>): Promise<string>
}

export async function openBoard(server: TestServer): Promise<Board> {
  const { db } = server.services
  const { board, other_tenant } = server.credentials
  const logIn = async (token: string) =>
    (await server.call('POST', '/api/auth/login', { body: { token } })).body.sessionId as string
  const [demo, other] = await Promise.all([logIn(board.token), logIn(other_tenant.board!.token)])
  const [tenantId, otherTenantId] = await Promise.all(
    ['acme', 'borealis'].map(async slug => (await tenants.findBySlug(db, slug))!),
  )
  const send: Board['send'] = (method, path, who = 'demo', body) =>
    server.call(method, `/api${path}`, { token: who === 'demo' ? demo : other, body })
  return {
    tenantId: tenantId!,
    otherTenantId: otherTenantId!,
    get: (path, who) => send('GET', path, who),
    send,
    call: (method, path, { body, who = 'demo' } = {}) =>
      server.call(method, `/api${path}`, { token: who === 'demo' ? demo : other, body }),
    async message({ payload = { a: 1 }, ...facts } = {}) {
      const [row] = await db('ocpp.messages')
        .insert({
          tenant_id: tenantId,
          identity: 'CP-001',
          connection_id: randomUUID(),
          direction: 'IN',
          type: 'CALL',
          method: 'Heartbeat',
          protocol: 'ocpp1.6',
          time: new Date(),
          payload: JSON.stringify(payload),
          ...facts,
        })
        .returning('message_id')
      return `msg-${row.message_id}`
    },
    async station(facts = {}) {
      const station = {
        tenant_id: tenantId,
        identity: `CP-${randomUUID()}`,
        connection_id: randomUUID(),
        remote_address: '192.168.1.100',
        protocol: 'ocpp1.6',
        connected_at: new Date(Date.now() - 60_000),
        disconnected_at: new Date(),
        ...facts,
      }
      await db('ocpp.connection_states').insert(station)
      const { tenant_id, identity, connection_id, remote_address, protocol, connected_at, disconnected_at } = station
      await db('ocpp.connections').insert({
        tenant_id,
        identity,
        connection_id,
        remote_address,
        protocol,
        connected_at,
        disconnected_at,
        process_id: server.services.processId,
        security_profile: 1,
      })
      return identity
    },
  }
}

export const idsOf = ({ body }: Answer): string[] => body.map(({ id }: { id: string }) => id)
