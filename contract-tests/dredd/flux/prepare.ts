import { randomUUID } from 'node:crypto'
import { signRoleToken } from '../../../src/auth/roleTokens.ts'
import type { TestServer } from '../../support/testServer.ts'
import { type Draft, send } from '../draft.ts'
import type { Stage } from '../stage.ts'

type Fields = Record<string, unknown>

/** The path that the contract is mounted at. */
const at = ({ url }: TestServer) => `${url}/rest/v1`
const MEGABYTE = 1024 * 1024
const isFunction = ({ route }: Draft) => route.path.startsWith('/rpc/')
const isQuery = ({ route }: Draft) => route.path.endsWith('/query')
const wantsOne = ({ headers }: Draft) => headers.Accept === 'application/vnd.pgrst.object+json'
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
const isReadings = ({ route }: Draft) => route.path.endsWith('_readings')

/** What makes a request of the flux contract get a status. */
export async function prepareFlux(stage: Stage): Promise<(draft: Draft, status: string) => Promise<void>> {
  const { main, limited, cut, broken } = stage.servers
  const { service_key, jwt_secret } = main.credentials.flux
  const authenticated = await signRoleToken(jwt_secret, 'authenticated')

  /** A new row of the draft's table, as the server returns it. */
  async function makeRow({ route }: Draft, fields: Fields = {}): Promise<Fields> {
    const rows: Record<string, Fields> = {
      '/mg_bess_readings': { device_id: randomUUID(), time: '2024-01-01T12:00:00Z' },
      '/mg_meter_readings': { device_id: randomUUID(), time: '2024-01-01T12:00:00Z' },
      '/market_data': { time: '2024-01-01T12:00:00Z', type: 1, value: 1 },
      '/mg_device_registry': { name: 'DREDD', type: 'bess', site: 'DREDD' },
    }
    const { body } = await main.call('POST', `/rest/v1${route.path}`, {
      headers: { apikey: service_key, prefer: 'return=representation' },
      body: { ...rows[route.path], ...fields },
    })
    return body[0]
  }

  async function meanOneRow(draft: Draft): Promise<Fields> {
    const row = await makeRow(draft)
    draft.query.id = `eq.${row.id}`
    return row
  }

  /** The examples name devices that others write for too. */
  function makeNew(draft: Draft): void {
    if (!isReadings(draft)) return
    const device_id = randomUUID()
    if (typeof draft.body === 'string') draft.body = draft.body.replaceAll(UUID, device_id)
    else draft.body = [draft.body].flat().map(row => ({ ...(row as Fields), device_id }))
    if (wantsOne(draft) && Array.isArray(draft.body)) draft.body = draft.body.slice(0, 1)
  }

  /** Where the answer is to be one row, there must be exactly one. */
  async function narrow(draft: Draft): Promise<void> {
    if (isFunction(draft)) draft.query.limit = '1'
    else if (isQuery(draft)) draft.body = { ...(draft.body as Fields), limit: 1 }
    else if (draft.route.method === 'get') draft.query.limit = '1'
    if (isFunction(draft) && draft.body !== undefined) draft.body = {}
  }

  async function succeed(draft: Draft, status: string): Promise<void> {
    const { method } = draft.route
    if (method === 'post' && !isQuery(draft) && !isFunction(draft)) {
      makeNew(draft)
      draft.headers.Prefer = 'return=representation'
    }
    if (method === 'patch' || method === 'delete') {
      await meanOneRow(draft)
      if (status !== '204') draft.headers.Prefer = 'return=representation'
    }
    if (status.startsWith('2') && wantsOne(draft)) await narrow(draft)
    if (status === '206') {
      draft.headers.Prefer = 'count=exact'
      if (isQuery(draft)) draft.body = { limit: 1 }
      else draft.query.limit = '1'
      if (isFunction(draft)) draft.body = draft.body === undefined ? undefined : {}
    }
  }

  async function conflict(draft: Draft): Promise<void> {
    if (draft.route.method === 'patch') {
      const row = await meanOneRow(draft)
      const { device_id } = row
      const other = await makeRow(draft, isReadings(draft) ? { device_id, time: '2024-01-01T13:00:00Z' } : {})
      draft.body = isReadings(draft) ? { time: other.time } : { id: other.id }
      return
    }
    const id = randomUUID()
    if (typeof draft.body === 'string') draft.body = draft.body.replace(/^(.*)\n(.*)\n/, `id,$1\n${id},$2\n`)
    else if (!isReadings(draft)) draft.body = { ...(draft.body as Fields), id }
    await send(draft)
  }

  const failing: Record<string, (draft: Draft) => Promise<void> | void> = {
    400(draft) {
      if (draft.body === undefined) draft.query.nothing = 'eq.1'
      else draft.body = typeof draft.body === 'string' ? 'nothing\n1\n' : '{'
    },
    401(draft) {
      draft.headers.apikey = 'nobody was given this'
    },
    403(draft) {
      draft.headers.apikey = authenticated
      // It may insert, and a row that is there it may not change.
      if (draft.route.method === 'post') draft.headers.Prefer = 'resolution=merge-duplicates'
    },
    404(draft) {
      const column = isFunction(draft) ? 'time_b' : 'created_at'
      if (isQuery(draft)) draft.body = { params: { [column]: 'like.*' } }
      else if (isFunction(draft) && draft.body !== undefined) draft.body = { nothing: 1 }
      else draft.query[column] = 'like.*'
    },
    406(draft) {
      draft.headers.Accept = 'image/png'
    },
    409: conflict,
    413(draft) {
      draft.body = JSON.stringify({ filler: 'x'.repeat(16 * MEGABYTE) })
    },
    415(draft) {
      draft.headers['Content-Type'] = 'text/plain'
      draft.body = JSON.stringify(draft.body)
    },
    416(draft) {
      if (isQuery(draft)) draft.body = { limit: -1 }
      else draft.query.limit = '-1'
    },
    async 429(draft) {
      draft.origin = at(limited)
      await send(draft)
    },
    500(draft) {
      draft.origin = at(broken)
    },
    503(draft) {
      draft.origin = at(cut)
    },
  }

  return async (draft, status) => {
    draft.origin = at(main)
    draft.headers.apikey = service_key
    await succeed(draft, status)
    if (status.startsWith('2')) return
    const spoil = failing[status]
    if (spoil === undefined) throw new Error(`nothing here leads to ${status}`)
    await spoil(draft)
  }
}
