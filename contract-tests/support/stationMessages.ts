import { randomUUID } from 'node:crypto'
import type { Knex } from 'knex'

export interface StationMessageFacts {
  identity: string
  method: string
  direction: 'IN' | 'OUT'
  type: string
  payload: unknown
  time: Date
}

export const tenantId = async (db: Knex, slug = 'acme'): Promise<string> =>
  (await db('core.tenants').first('tenant_id').where({ slug })).tenant_id

/** Logs messages of stations in one transaction, as the central system does. */
export async function logMessages(
  db: Knex,
  tenant: string,
  messages: (Partial<StationMessageFacts> & { raw?: string })[],
): Promise<void> {
  const connection_id = randomUUID()
  await db('ocpp.messages').insert(
    messages.map(({ payload = { currentTime: '2026-04-13T16:30:00Z' }, ...facts }) => ({
      tenant_id: tenant,
      identity: 'CP-001',
      connection_id,
      unique_id: randomUUID(),
      direction: 'IN',
      type: 'CALL',
      method: 'Heartbeat',
      protocol: 'ocpp1.6',
      time: new Date(),
      payload: JSON.stringify(payload),
      ...facts,
    })),
  )
}

/** Logs in to the board of a tenant. @returns the session */
export async function logIn(
  server: { call(method: string, path: string, options: { body: unknown }): Promise<{ body: { sessionId: string } }> },
  token: string,
): Promise<string> {
  const { body } = await server.call('POST', '/api/auth/login', { body: { token } })
  return body.sessionId
}
