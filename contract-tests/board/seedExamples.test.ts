import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { responses } from '../../generated/board/validators.js'
import { startTestServer } from '../support/testServer.ts'
import { openBoard } from './board.ts'

/**
 * The response examples of the published interface, transcribed by hand: each is an answer that the contract allows, and a
 * client that was written from it finds every member that it shows, with a value of the same kind.
 */

const server = await startTestServer()
const board = await openBoard(server)
const { db } = server.services
const { tenantId: tenant_id } = board

const message = {
  id: 'msg-123',
  identity: 'CP-001',
  method: 'BootNotification',
  direction: 'IN',
  type: 'CALL',
  timestamp: '2026-04-13T16:30:00Z',
  payload: { chargePointVendor: 'Vendor', chargePointModel: 'Model' },
  responseTime: 12,
}
const connection = {
  identity: 'CP-001',
  remoteAddress: '192.168.1.100',
  protocol: 'ocpp1.6',
  connectedAt: '2026-04-13T10:00:00Z',
  status: 'online',
  messageCount: 1520,
  lastMessageAt: '2026-04-13T16:30:00Z',
}
const rates = { messagesPerSecond: 45.2, avgLatencyMs: 12.5, errorRate: 0.02 }
const session = { user: { name: 'admin' }, expiresAt: '2026-04-14T12:00:00Z' }
const securityEvent = {
  id: 'evt-123',
  category: 'AUTH_FAILED',
  identity: 'UNKNOWN',
  message: 'Invalid token provided',
  severity: 'medium',
  details: { ip: '192.168.1.50', attempt: 3 },
  timestamp: '2026-04-13T16:30:00Z',
}

interface Example {
  operation: keyof typeof responses
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  reply: object
  /** What we require of ourselves beyond the example. */
  ours?: object
}

const EXAMPLES: Example[] = [
  {
    operation: 'getSession',
    method: 'GET',
    path: '/auth/session',
    reply: { authenticated: true, ...session },
  },
  {
    operation: 'getOverview',
    method: 'GET',
    path: '/overview',
    reply: {
      connectedClients: 15,
      totalConnections: 1250,
      ...rates,
      uptimeSeconds: 86400,
      totalMessages: 3890000,
      recentMessages: [message],
      securityEventCount: 3,
      errorCount: 12,
      systemEventCount: 45,
    },
    ours: { droppedMessages: 0 },
  },
  {
    operation: 'listConnections',
    method: 'GET',
    path: '/connections',
    reply: [{ ...connection, disconnectedAt: null }],
    ours: [{ errorCount: 0 }],
  },
  {
    operation: 'getConnection',
    method: 'GET',
    path: '/connections/CP-001',
    reply: { ...connection, recentMessages: [message] },
    ours: { errorCount: 0, disconnectedAt: null },
  },
  { operation: 'listMessages', method: 'GET', path: '/messages?type=CALLRESULT', reply: [message] },
  {
    operation: 'getTelemetry',
    method: 'GET',
    path: '/telemetry',
    reply: {
      ...rates,
      connectionCount: 15,
      peakConnections: 25,
      uptimeSeconds: 86400,
      totalMessages: 3890000,
      memoryUsage: { rss: 125000000, heapUsed: 45000000, heapTotal: 80000000 },
    },
  },
  { operation: 'listSecurity', method: 'GET', path: '/security', reply: [securityEvent] },
  {
    operation: 'listChargingSessions',
    method: 'GET',
    path: '/smart-charge',
    reply: [
      {
        sessionId: 'sc-123',
        identity: 'CP-001',
        strategy: 'equal_share',
        allocatedKw: 22.5,
        status: 'active',
        startedAt: '2026-04-13T10:00:00Z',
        updatedAt: '2026-04-13T16:30:00Z',
      },
    ],
  },
  {
    operation: 'listProxyEvents',
    method: 'GET',
    path: '/proxy',
    reply: [
      {
        id: 'px-123',
        type: 'translation',
        fromProtocol: 'ocpp1.6',
        toProtocol: 'ocpp2.0.1',
        method: 'BootNotification',
        timestamp: '2026-04-13T16:30:00Z',
      },
    ],
  },
  { operation: 'deleteConnection', method: 'DELETE', path: '/connections/CP-002', reply: { success: true } },
  {
    operation: 'disconnectStation',
    method: 'POST',
    path: '/connections/CP-003/disconnect',
    reply: { success: true, message: 'Connection terminated' },
  },
  { operation: 'deleteSession', method: 'POST', path: '/auth/logout', reply: { success: true } },
]

await board.station({
  identity: 'CP-001',
  connected_at: new Date(),
  disconnected_at: null,
  last_message_at: new Date(),
})
await board.station({ identity: 'CP-002' })
await board.station({ identity: 'CP-003' })
await board.message({ type: 'CALLRESULT', direction: 'OUT', response_ms: 12 })
const attempt = (token: string) => server.call('POST', '/api/auth/login', { body: { token } })
await attempt('not the token')
await db('ocpp.charging_decisions').insert({
  tenant_id,
  site_id: 'site',
  identity: 'CP-001',
  connector_id: 1,
  transaction_key: 1,
  strategy: 'equal_share',
  allocated_kw: 22.5,
  status: 'active',
  started_at: new Date(),
})
await db('ocpp.proxy_events').insert({
  tenant_id,
  identity: 'CP-001',
  type: 'translation',
  from_protocol: 'ocpp1.6',
  to_protocol: 'ocpp2.0.1',
  method: 'BootNotification',
})

const kind = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value)
const WORDS = new Set(['Connection terminated', 'admin', 'UNKNOWN', 'AUTH_FAILED', 'Invalid token provided'])

/** Every member of the example is in the reply, as the same kind of value and with an id of the same form. */
function checkShape(reply: unknown, example: unknown, place: string): void {
  assert.equal(kind(reply), kind(example), place)
  if (Array.isArray(example)) {
    assert.notEqual((reply as unknown[]).length, 0, `${place} is empty`)
    for (const item of (reply as unknown[]).slice(0, 1)) checkShape(item, example[0], `${place}[]`)
  } else if (example !== null && typeof example === 'object') {
    // What a payload holds is the station's affair.
    for (const [name, value] of Object.entries(example))
      checkShape((reply as Record<string, unknown>)[name], name === 'payload' ? {} : value, `${place}.${name}`)
  } else if (typeof example === 'string') {
    const form = /^[a-z]+-(?=\d+$)/.exec(example)?.[0]
    if (form !== undefined) assert.match(String(reply), new RegExp(`^${form}\\d+$`), place)
    if (WORDS.has(example)) assert.equal(reply, example, place)
  }
}

const merge = (example: object, ours: object | undefined): object =>
  Array.isArray(example) ? [{ ...example[0], ...(ours as object[] | undefined)?.[0] }] : { ...example, ...ours }

describe('the examples of the seed', () => {
  it('200 for POST /auth/login, in the shape of the example', async () => {
    const answer = await attempt(server.credentials.board.token)
    assert.equal(answer.status, 200)
    checkShape(answer.body, { sessionId: 'abc123', ...session }, 'reply')
    assert.ok(responses.createSession['200']!({ sessionId: 'abc123', ...session }))
  })
  for (const { operation, method, path, reply, ours } of EXAMPLES) {
    it(`200 for ${method} ${path}, in the shape of the example`, async () => {
      const { status, body } = await board.send(method, path)
      assert.equal(status, 200, JSON.stringify(body))
      checkShape(body, reply, 'reply')
    })
    it(`the example of ${method} ${path} is an answer that the contract allows`, () => {
      const validate = responses[operation]['200']!
      assert.ok(validate(merge(reply, ours)), JSON.stringify(validate.errors))
    })
  }
  for (const [status, error] of Object.entries({
    401: 'Unauthorized',
    403: 'Session expired',
    404: 'Connection not found',
    500: 'Internal server error',
  }))
    it(`${status} says ${error}`, () => {
      const validate = responses.getConnection[status]!
      assert.ok(validate({ error }))
    })
})
