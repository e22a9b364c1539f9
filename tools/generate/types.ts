import { compile } from 'json-schema-to-typescript'
import openapiTypeScript, { astToString, type OpenAPI3 } from 'openapi-typescript'
import { type AsyncApiDocument, listMessages, type OpenApiDocument, type Schema } from './documents.ts'

/** `types.ts`: paths, operations and components of an OpenAPI document. */
export async function renderTypes(document: OpenApiDocument, banner: string): Promise<string> {
  // A property with a default may still be left out by a client, so defaults must not make it required.
  const nodes = await openapiTypeScript(structuredClone(document) as unknown as OpenAPI3, { defaultNonNullable: false })
  return `${banner}\n${astToString(nodes)}`
}

/**
 * `events.ts`: one type per AsyncAPI message and per schema it is made of, and `Events`, which maps the name of every
 * message to the type of its payload.
 */
export async function renderEventTypes(document: AsyncApiDocument, banner: string): Promise<string> {
  const messages = listMessages(document)
  const properties = Object.fromEntries([...messages].map(([name, message]) => [name, message.payload ?? {}]))
  const root = structuredClone({
    type: 'object',
    title: 'Events',
    description: 'The payload of every message by its name.',
    required: [...messages.keys()],
    additionalProperties: false,
    properties,
    components: { schemas: titledByName(document.components?.schemas ?? {}) },
  })
  return compile(root as Parameters<typeof compile>[0], 'Events', {
    bannerComment: banner,
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    unknownAny: true,
    style: { semi: false, singleQuote: true, printWidth: 120 },
    $refOptions: { resolve: { external: false } },
  })
}

// The generator names a type after its title; the name of the component is the name we want.
function titledByName(schemas: Record<string, Schema>): Record<string, Schema> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, { ...schema, title: name }]))
}
