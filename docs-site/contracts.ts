import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A contract as the site shows it: a folder below generated/ and the bundles in it. */
export interface DocumentedContract {
  name: string
  openapi?: OpenApiDocument
  asyncapi?: AsyncApiDocument
}

export interface Info {
  title: string
  version: string
  summary?: string
  description?: string
}

export interface OpenApiDocument {
  info: Info
  servers?: { url: string; description?: string }[]
  tags?: { name: string; description?: string }[]
  paths: Record<string, Record<string, OpenApiOperation>>
}

export interface OpenApiOperation {
  operationId: string
  tags: string[]
  summary?: string
  'x-status': string
}

export interface Reference {
  $ref: string
}

export interface AsyncApiDocument {
  info: Info
  servers?: Record<string, { host: string; protocol: string; pathname?: string; description?: string }>
  channels?: Record<string, Channel>
  operations?: Record<string, ChannelOperation>
  components?: { securitySchemes?: Record<string, { type: string; description?: string }> }
}

export interface Channel {
  address: string
  title?: string
  description?: string
  messages?: Record<string, Message | Reference>
  bindings?: { ws?: { query?: Schema; headers?: Schema } }
  /** Ours: why the server ends a connection, by WebSocket close code. */
  'x-close-codes'?: { code: number; name?: string; description: string }[]
}

export interface ChannelOperation {
  action: 'send' | 'receive'
  channel: Reference
  title?: string
  summary?: string
  description?: string
  security?: Reference[]
  messages?: Reference[]
  /** Ours, of an action of OCPP: the versions that have it, the names of its schemas, and examples. */
  'x-protocols'?: string[]
  'x-ocpp-schema'?: { request: string; response?: string }
  'x-examples'?: { protocols?: string[]; request: object; response?: object }[]
}

export interface Message {
  name?: string
  title?: string
  summary?: string
  description?: string
  payload?: Schema | Reference
  examples?: { name?: string; summary?: string; payload: unknown }[]
}

/** The part of JSON Schema that a reader needs to see. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  const?: unknown
  enum?: unknown[]
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  /** One schema for all members, or one for each. */
  items?: Schema | Schema[]
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  'x-unit'?: string
}

/**
 * Every contract below `folder` in the order of its name. A contract joins the site by having a folder with an
 * openapi.json or an asyncapi.json in it, or both; other folders (released bundles) are passed over.
 */
export async function readContracts(folder: string): Promise<DocumentedContract[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
    .sort()
  const contracts = await Promise.all(
    names.map(async name => ({
      name,
      openapi: await readJson<OpenApiDocument>(join(folder, name, 'openapi.json')),
      asyncapi: await readJson<AsyncApiDocument>(join(folder, name, 'asyncapi.json')),
    })),
  )
  return contracts.filter(({ openapi, asyncapi }) => openapi !== undefined || asyncapi !== undefined)
}

async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** One line about a contract, without a full stop at its end. */
export function describeContract({ openapi, asyncapi }: DocumentedContract): string {
  const { summary, title } = (openapi ?? asyncapi)!.info
  return (summary ?? title).replace(/\.$/, '')
}

/** Every operation of an OpenAPI document in the document's own order. */
export function listOperations(
  document: OpenApiDocument,
): { method: string; path: string; operation: OpenApiOperation }[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, operation]) => operation?.operationId !== undefined)
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
}
