import { randomUUID } from 'node:crypto'
import { type Draft, send } from '../draft.ts'
import type { Stage } from '../stage.ts'
import type { World } from './world.ts'

type Fields = Record<string, unknown>

/** Makes a request that would succeed get the given status. */
type Spoiler = (draft: Draft, world: World, stage: Stage) => Promise<void> | void

const MEGABYTE = 1024 * 1024

const fieldsOf = (draft: Draft) => draft.body as Fields
const isForm = ({ headers }: Draft) => headers['Content-Type'] === 'application/x-www-form-urlencoded'
/** Whether the body may be any bytes. */
const isBytes = ({ route }: Draft) => bodyLimitOf(route) !== undefined
const bodyLimitOf = ({ operation }: Draft['route']) => (operation as { 'x-body-limit'?: number })['x-body-limit']
const bear = (draft: Draft, token: string) => {
  draft.headers.Authorization = `Bearer ${token}`
}

/** The scope that an operation asks for, where it asks for one. */
function scopeOf({ route }: Draft): string | undefined {
  return route.operation.security?.flatMap(requirement => Object.values(requirement).flat())[0]
}

function breakRequest(draft: Draft): void {
  const choosy = draft.route.parameters.find(
    ({ in: place, schema }) => place === 'query' && (schema?.type !== 'string' || schema.enum || schema.format),
  )
  if (isBytes(draft)) draft.body = ''
  else if (draft.body !== undefined) draft.body = isForm(draft) ? {} : '{'
  else if (choosy !== undefined) draft.query[choosy.name] = 'nothing of the kind'
  else nameInPath(draft, 'x'.repeat(65))
}

/** The first id of the path. */
function nameInPath(draft: Draft, id: string): void {
  const [name] = Object.keys(draft.path)
  draft.path[name!] = id
}

function takeCredential(draft: Draft): void {
  const { operationId } = draft.route.operation
  if (operationId === 'issueDeviceToken') fieldsOf(draft).device_secret = '0'.repeat(64)
  else if (operationId === 'issueServiceAccountToken') fieldsOf(draft).service_account_secret = '0'.repeat(64)
  else if (operationId === 'issueOperatorToken') fieldsOf(draft).client_secret = 'not the secret'
  else bear(draft, '0'.repeat(64))
}

async function takeScope(draft: Draft, { server, charger }: World): Promise<void> {
  const needed = scopeOf(draft)
  const forOperators = draft.route.operation.security?.some(requirement => 'operatorToken' in requirement)
  // Where any operator will do, a charger will not.
  if (needed === undefined && forOperators) bear(draft, charger.token)
  else bear(draft, await server.operator('demo', needed === 'org:read' ? 'site:read' : 'org:read'))
}

/** The ids of a body by operationId; in the others they are in the path. */
const NAMED_IN_BODY: Record<string, Fields> = {
  reportCommandStatus: { command_id: randomUUID() },
  registerSite: { device_ids: [randomUUID()] },
  controlFlexibility: { target_ids: [randomUUID()] },
  queueCommand: { device_id: randomUUID() },
  createSite: { device_ids: [randomUUID()] },
  createDevice: { site_id: randomUUID() },
}

function nameUnknown(draft: Draft): void {
  const named = NAMED_IN_BODY[draft.route.operation.operationId]
  if (draft.path.token !== undefined) draft.path.token = randomUUID()
  else if (named === undefined) nameInPath(draft, randomUUID())
  else draft.body = { ...fieldsOf(draft), ...named }
}

/** What contradicts an earlier request that was the same otherwise. */
const CONTRADICTIONS: Record<string, Fields> = {
  registerDevice: {},
  createOrganization: {},
  createSite: {},
  createFirmwareRelease: {},
  createDevice: {},
  uploadTelemetry: { power: 11 },
  uploadChargingRecord: { energy: 99 },
  reportCommandStatus: { status: 'failed' },
}

async function contradict(draft: Draft, { server, admin, findRelease }: World): Promise<void> {
  const { operationId } = draft.route.operation
  if (operationId === 'registerSite') {
    const theirs = { ...fieldsOf(draft), device_ids: [] }
    await server.call('POST', draft.route.path, { token: await server.operator('other'), body: theirs })
    return
  }
  if (operationId === 'rotateServiceAccount') {
    await server.call('POST', `/v1/service-accounts/${draft.path.id}/disable`, { token: admin })
    return
  }
  if (isBytes(draft)) {
    await send(draft)
    return
  }
  if (operationId === 'updateFirmwareRelease') {
    draft.path.id = await findRelease('catalogue')
    return
  }
  const contradiction = CONTRADICTIONS[operationId]
  if (contradiction === undefined) draft.headers['Idempotency-Key'] = randomUUID()
  await send(draft)
  draft.body = { ...fieldsOf(draft), ...(contradiction ?? { note: 'another request' }) }
}

async function useUp(draft: Draft, _world: World, { servers }: Stage): Promise<void> {
  draft.origin = servers.limited.url
  await send(draft)
}

function meetFault(draft: Draft, _world: World, { servers, brokenCallers }: Stage): void {
  draft.origin = servers.broken.url
  if (draft.headers.Authorization === undefined) return
  const { operationId, security, 'x-status': status } = draft.route.operation
  const isDevice = security?.some(requirement => 'deviceToken' in requirement)
  // The request buffer is in memory, and 501 asks no table: there, only the look for the caller can fail.
  const needsNoTable = operationId === 'listRequests' || status === 'not-implemented'
  const operator = needsNoTable ? brokenCallers.unseen : brokenCallers.operator
  bear(draft, isDevice ? brokenCallers.device : operator)
}

export const failing: Record<string, Spoiler> = {
  400: breakRequest,
  401: takeCredential,
  403: takeScope,
  404: nameUnknown,
  409: contradict,
  413(draft) {
    const limit = bodyLimitOf(draft.route)
    if (limit !== undefined) draft.body = 'x'.repeat(limit + 1)
    else
      draft.body = isForm(draft) ? `filler=${'x'.repeat(MEGABYTE)}` : JSON.stringify({ filler: 'x'.repeat(MEGABYTE) })
  },
  415(draft) {
    draft.headers['Content-Type'] = isBytes(draft) ? 'text/html' : 'text/plain'
    draft.body = JSON.stringify(draft.body)
  },
  429: useUp,
  500: meetFault,
  503(draft, _world, { servers }) {
    draft.origin = servers.cut.url
  },
}
