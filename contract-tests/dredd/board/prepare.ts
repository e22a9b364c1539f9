import { randomUUID } from 'node:crypto'
import * as tenants from '../../../src/store/tenants.ts'
import type { TestServer } from '../../support/testServer.ts'
import { type Draft, send } from '../draft.ts'
import type { Stage } from '../stage.ts'

/** The path that the contract is mounted at. */
const at = ({ url }: TestServer) => `${url}/api`
const MEGABYTE = 1024 * 1024
/** Opens a stream that lasts as long as its server. */
const holdStream = (draft: Draft) => fetch(`${draft.origin}${draft.route.path}`, { headers: draft.headers })
const isLogin = ({ route }: Draft) => route.operation.operationId === 'createSession'

/** What makes a request of the board contract get a status. */
export async function prepareBoard(stage: Stage): Promise<(draft: Draft, status: string) => Promise<void>> {
  const { main, limited, cut, broken } = stage.servers
  const { token } = main.credentials.board
  const { db } = main.services
  const tenant_id = await tenants.findBySlug(db, 'acme')

  const logIn = async () => (await main.call('POST', '/api/auth/login', { body: { token } })).body.sessionId as string

  /** A station that was connected once. */
  async function makeStation(): Promise<string> {
    const identity = `CP-${randomUUID()}`
    await db('ocpp.connection_states').insert({
      tenant_id,
      identity,
      connection_id: randomUUID(),
      remote_address: '192.0.2.10',
      protocol: 'ocpp1.6',
      connected_at: db.raw(`now() - interval '1 hour'`),
      disconnected_at: db.fn.now(),
    })
    return identity
  }

  async function succeed(draft: Draft): Promise<void> {
    draft.origin = at(main)
    if (isLogin(draft)) draft.body = { token }
    else draft.headers.Authorization = `Bearer ${await logIn()}`
    if (draft.path.identity !== undefined) draft.path.identity = await makeStation()
  }

  const failing: Record<string, (draft: Draft) => Promise<void> | void> = {
    400(draft) {
      if (isLogin(draft)) draft.body = {}
      else draft.query.nothing = '1'
    },
    401(draft) {
      if (isLogin(draft)) draft.body = { token: 'nobody was given this' }
      else delete draft.headers.Authorization
    },
    403(draft) {
      draft.headers.Authorization = 'Bearer nobody-was-given-this'
    },
    404(draft) {
      draft.path.identity = randomUUID()
    },
    413(draft) {
      draft.body = JSON.stringify({ token: 'x'.repeat(MEGABYTE) })
    },
    415(draft) {
      draft.headers['Content-Type'] = 'text/plain'
      draft.body = JSON.stringify(draft.body)
    },
    async 429(draft) {
      draft.origin = at(limited)
      if (isLogin(draft)) {
        draft.body = { token: 'nobody was given this' }
        await send(draft)
      } else await holdStream(draft)
    },
    500(draft) {
      draft.origin = at(broken)
    },
    503(draft) {
      draft.origin = at(cut)
    },
  }

  return async (draft, status) => {
    await succeed(draft)
    if (status.startsWith('2')) return
    const spoil = failing[status]
    if (spoil === undefined) throw new Error(`nothing here leads to ${status}`)
    await spoil(draft)
  }
}
