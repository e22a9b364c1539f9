import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Protocol } from '../../src/ocpp/action.ts'
import { restoreReferences } from './asyncReferences.ts'
import { runRedocly } from './redocly.ts'

/** A JSON Schema as it stands in a bundle. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  additionalProperties?: boolean | Schema
  [keyword: string]: unknown
}

export interface Reference {
  $ref: string
}

export interface Exampled {
  example?: unknown
  examples?: Record<string, { value: unknown }>
}

export interface MediaType extends Exampled {
  schema?: Schema
}

export interface Parameter extends Exampled {
  name: string
  in: 'path' | 'query' | 'header' | 'cookie'
  required?: boolean
  schema?: Schema
  content?: Record<string, MediaType>
}

export interface RequestBody {
  required?: boolean
  content: Record<string, MediaType>
}

export interface Response {
  content?: Record<string, MediaType>
}

export interface Operation {
  operationId: string
  tags: string[]
  security?: Record<string, string[]>[]
  parameters?: (Parameter | Reference)[]
  requestBody?: RequestBody | Reference
  responses: Record<string, Response | Reference>
  'x-status'?: string
  'x-rate-limit'?: string
}

type PathItem = { parameters?: (Parameter | Reference)[] } & Record<string, unknown>

export interface OpenApiDocument {
  info: { title: string; version: string }
  security?: Record<string, string[]>[]
  paths: Record<string, PathItem>
  components?: Record<string, Record<string, unknown>> & { schemas?: Record<string, Schema> }
  'x-unknown-query'?: 'reject' | 'ignore'
}

export interface Message {
  name?: string
  summary?: string
  payload?: Schema
  examples?: { name?: string; payload?: unknown }[]
}

/** One way of using a channel; `send` is said of the server. */
export interface ChannelOperation {
  action: 'send' | 'receive'
  channel: Reference
  title?: string
  messages?: Reference[]
  reply?: { channel?: Reference; messages?: Reference[] }
  'x-status'?: string
  /** Of an OCPP action: the WebSocket subprotocols that have it. */
  'x-protocols'?: Protocol[]
  /** Of an OCPP action: what typed-ocpp calls its request and its response; a SEND has no response. */
  'x-ocpp-schema'?: { request: string; response?: string }
  /** Of an OCPP action, for all of its versions unless `protocols` says for which. */
  'x-examples'?: { name: string; protocols?: Protocol[]; request: object; response?: object }[]
}

export interface AsyncApiDocument {
  info: { title: string; version: string }
  channels: Record<string, { address: string; messages?: Record<string, Message | Reference> }>
  operations?: Record<string, ChannelOperation>
  components?: Record<string, Record<string, unknown>> & { schemas?: Record<string, Schema> }
}

/** One folder of spec/ with its bundled documents; a contract has at least one of the two. */
export interface Contract {
  name: string
  openapi?: OpenApiDocument
  asyncapi?: AsyncApiDocument
}

/** An operation of an OpenAPI document with the route it stands at and its path item's parameters merged in. */
export interface Route {
  path: string
  method: string
  operation: Operation
  parameters: Parameter[]
}

const documentNames = ['openapi', 'asyncapi'] as const
const methods = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'])

/** Every document under spec/, as paths relative to `root`, in a stable order. A contract joins by adding a folder. */
export async function findDocuments(root: string): Promise<string[]> {
  const entries = await readdir(join(root, 'spec'), { withFileTypes: true })
  const folders = entries.filter(entry => entry.isDirectory()).map(entry => entry.name)
  return folders
    .sort()
    .flatMap(folder => documentNames.map(name => `spec/${folder}/${name}.yaml`))
    .filter(document => existsSync(join(root, document)))
}

/** Bundles every document under spec/ with Redocly; an unresolved reference or a clash of component names throws. */
export async function bundleContracts(root: string): Promise<Contract[]> {
  const documents = await findDocuments(root)
  if (documents.length === 0) throw new Error('spec/ holds no openapi.yaml or asyncapi.yaml')
  const output = await mkdtemp(join(tmpdir(), 'voltspec-bundle-'))
  try {
    // One process per document: Redocly names its outputs after their sources, and contracts share those names.
    const bundles = await Promise.all(
      documents.map(async document => {
        const target = join(output, document.replaceAll('/', '-').replace(/yaml$/, 'json'))
        const result = await runRedocly(root, [
          'bundle',
          document,
          '--config=spec/redocly.yaml',
          '--lint-config=off',
          '--component-renaming-conflicts-severity=error',
          `--output=${target}`,
        ])
        if (result.status !== 0 || !existsSync(target)) {
          throw new Error(`${document} does not bundle:\n${result.stdout}${result.stderr}`)
        }
        const bundle: OpenApiDocument | AsyncApiDocument = JSON.parse(await readFile(target, 'utf8'))
        return { document, bundle: sortComponents(bundle) }
      }),
    )
    const contracts = new Map<string, Contract>()
    for (const { document, bundle } of bundles) {
      const [, name = '', file = ''] = document.split('/')
      const contract = contracts.get(name) ?? { name }
      const whole = 'channels' in bundle ? restoreReferences(bundle) : bundle
      contracts.set(name, { ...contract, [file.replace('.yaml', '')]: whole })
    }
    return [...contracts.values()]
  } finally {
    await rm(output, { recursive: true, force: true })
  }
}

// Redocly lists components in the order in which it met them; sorted by name, a new operation moves none of them.
function sortComponents<T extends OpenApiDocument | AsyncApiDocument>(document: T): T {
  if (document.components === undefined) return document
  const sorted = sortKeys(document.components)
  const components = Object.fromEntries(Object.entries(sorted).map(([kind, byName]) => [kind, sortKeys(byName)]))
  return { ...document, components }
}

function sortKeys<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Follows local references (`#/...`) until something that is not one. */
export function resolveReference<T>(document: OpenApiDocument | AsyncApiDocument, value: T | Reference): T {
  if (typeof value !== 'object' || value === null || !('$ref' in value)) return value as T
  const { $ref } = value as Reference
  const keys = $ref
    .replace(/^#\//, '')
    .split('/')
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  let target: unknown = document
  for (const key of keys) target = (target as Record<string, unknown> | undefined)?.[key]
  if (target === undefined) throw new Error(`${$ref} leads nowhere`)
  return resolveReference(document, target as T | Reference)
}

/** The routes of a document in document order. A second use of an operationId throws. */
export function listRoutes(document: OpenApiDocument): Route[] {
  const routes = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => methods.has(method))
      .map(([method, value]) => {
        const operation = value as Operation
        // A parameter of the operation replaces the one of the same name and place on the path item.
        const byPlace = new Map<string, Parameter>()
        for (const reference of [...(item.parameters ?? []), ...(operation.parameters ?? [])]) {
          const parameter = resolveReference<Parameter>(document, reference)
          byPlace.set(`${parameter.in} ${parameter.name}`, parameter)
        }
        return { path, method, operation, parameters: [...byPlace.values()] }
      }),
  )
  const seen = new Set<string>()
  for (const { operation, method, path } of routes) {
    if (!operation.operationId) throw new Error(`${method.toUpperCase()} ${path} has no operationId`)
    if (seen.has(operation.operationId)) throw new Error(`operationId ${operation.operationId} is used twice`)
    seen.add(operation.operationId)
  }
  return routes
}

/** The messages of all channels by name, in document order; channels may share one, not differ under one name. */
export function listMessages(document: AsyncApiDocument): Map<string, Message> {
  const messages = new Map<string, Message>()
  for (const channel of Object.values(document.channels)) {
    for (const [name, reference] of Object.entries(channel.messages ?? {})) {
      const message = resolveReference<Message>(document, reference)
      const known = messages.get(name)
      if (known !== undefined && known !== message) throw new Error(`two different messages are named ${name}`)
      messages.set(name, message)
    }
  }
  return messages
}

/** The security requirements that hold for an operation: its own, else the document's. */
export function securityOf(document: OpenApiDocument, operation: Operation): Record<string, string[]>[] {
  return operation.security ?? document.security ?? []
}
