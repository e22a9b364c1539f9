import type { RoleCaller } from '../auth/caller.ts'
import { plainRow } from '../ingest/plainRow.ts'
import type { WrittenReply } from '../operation.ts'
import { type Plan, planQuery, planRequest, type RestBody, type RestRequest } from './plan.ts'
import { respond } from './respond.ts'
import type { Rest } from './rest.ts'
import { run } from './run.ts'
import type { Routine, Table } from './table.ts'

/** What of a call the verbs need: the request as it came, and whose it is. */
export interface RestCall {
  rest: Rest | undefined
  caller: RoleCaller
  /** Path and query as received. */
  url: string
  headers: Record<string, string | undefined>
  body: unknown
  text: string | undefined
}

export const readRows = (call: RestCall, table: Table): Promise<WrittenReply> =>
  answer(call, planRequest(table, requestOf('GET', call)))

/** `POST /<table>/query`: a read whose parameters stand in the body, for those that are too long for a URL. */
export const queryRows = (call: RestCall, table: Table): Promise<WrittenReply> =>
  answer(call, planQuery(table, requestOf('POST', call)))

export const updateRows = (call: RestCall, table: Table): Promise<WrittenReply> =>
  answer(call, planRequest(table, requestOf('PATCH', call)))

export const deleteRows = (call: RestCall, table: Table): Promise<WrittenReply> =>
  answer(call, planRequest(table, requestOf('DELETE', call)))

export const callRoutine = (method: 'GET' | 'POST', call: RestCall, routine: Routine): Promise<WrittenReply> =>
  answer(call, planRequest(routine, requestOf(method, call)))

/** One plain row goes into the group commit; what that refuses, and everything else, is a statement of its own. */
export async function insertRows(call: RestCall, table: Table): Promise<WrittenReply> {
  const plan = planRequest(table, requestOf('POST', call))
  const row =
    plan.kind === 'insert' && plan.isPlain && call.caller.role !== 'anon'
      ? plainRow(table, call.body, call.text!)
      : undefined
  if (row !== undefined && (await call.rest!.inserts.insert(call.caller.role, table, row)) === 'stored')
    return respond(plan, { body: null, page_total: 1 }, pathOf(call))
  return answer(call, plan)
}

async function answer(call: RestCall, plan: Plan): Promise<WrittenReply> {
  return respond(plan, await run(call.rest!.pools[call.caller.role], plan, call.caller.role === 'anon'), pathOf(call))
}

function requestOf(method: RestRequest['method'], call: RestCall): RestRequest {
  const { url, headers } = call
  const question = url.indexOf('?')
  const search = question === -1 ? '' : url.slice(question + 1)
  const body = bodyOf(call)
  return body === undefined ? { method, search, headers } : { method, search, headers, body }
}

function bodyOf({ body, text }: RestCall): RestBody | undefined {
  if (text === undefined) return undefined
  return body === text ? { kind: 'csv', text } : { kind: 'json', value: body, text }
}

const pathOf = ({ url }: RestCall) => url.split('?', 1)[0]!
