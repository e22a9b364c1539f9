import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import * as idTags from '../../../src/store/idTags.ts'
import * as stations from '../../../src/store/ocppStations.ts'
import * as tenants from '../../../src/store/tenants.ts'
import { dial } from '../../support/rawStation.ts'
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

  async function foreignStation(): Promise<string> {
    const identity = `CP-${randomUUID()}`
    const tenantId = await tenants.findBySlug(db, 'borealis')
    await stations.create(db, { identity, tenantId: tenantId! })
    return identity
  }

  /** A station that is connected and accepts whatever it is asked. */
  async function connectStation(): Promise<string> {
    const identity = `CP-${randomUUID()}`
    const socket = dial(main.url, { identity, password: main.credentials.ocpp.password })
    socket.on('message', data => {
      const [, id, action] = JSON.parse(data.toString())
      const answer = action === 'Reset' ? [3, id, { status: 'Accepted' }] : [4, id, 'NotSupported', '', {}]
      socket.send(JSON.stringify(answer))
    })
    await once(socket, 'open')
    return identity
  }

  async function makeTag(): Promise<string> {
    const idTag = randomUUID()
    await idTags.put(db, tenant_id!, { idTag, status: 'Accepted', expiresAt: null, parentIdTag: null })
    return idTag
  }

  /** Whom the path names: what is there, or for a 201 what is not. */
  async function namePath(draft: Draft, status: string): Promise<void> {
    const isNew = status === '201'
    const { operationId } = draft.route.operation
    if (draft.path.idTag !== undefined) draft.path.idTag = isNew ? randomUUID() : await makeTag()
    if (draft.path.identity === undefined) return
    const isStation = ['callStation', 'getStation', 'setStation'].includes(operationId)
    draft.path.identity = isNew ? `CP-${randomUUID()}` : isStation ? await connectStation() : await makeStation()
    if (operationId === 'setStation') draft.body = { validation: 'tolerant' }
  }

  async function succeed(draft: Draft, status: string): Promise<void> {
    draft.origin = at(main)
    if (isLogin(draft)) draft.body = { token }
    else draft.headers.Authorization = `Bearer ${await logIn()}`
    await namePath(draft, status)
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
      if (draft.route.operation.operationId === 'setStation') draft.body = { deviceId: randomUUID() }
      if (draft.path.idTag !== undefined) draft.path.idTag = randomUUID()
      if (draft.path.identity !== undefined) draft.path.identity = randomUUID()
    },
    async 409(draft) {
      if (draft.route.operation.operationId === 'callStation') draft.path.identity = await makeStation()
      else draft.path.identity = await foreignStation()
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
    await succeed(draft, status)
    if (status.startsWith('2')) return
    const spoil = failing[status]
    if (spoil === undefined) throw new Error(`nothing here leads to ${status}`)
    await spoil(draft)
  }
}
