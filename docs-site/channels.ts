import { renderActionContents, renderActionExamples, renderProtocols, renderVersions } from './actions.ts'
import type {
  AsyncApiDocument,
  Channel,
  ChannelOperation,
  DocumentedContract,
  Message,
  Reference,
  Schema,
} from './contracts.ts'
import { escapeHtml, renderTable } from './html.ts'
import { renderInline, renderMarkdown } from './markdown.ts'
import type { Page } from './page.ts'

/** What clients follow by the document: WebSockets, or event streams over HTTP. */
export const channelsKind = ({ servers = {} }: AsyncApiDocument): string =>
  Object.values(servers).some(({ protocol }) => protocol.startsWith('http')) ? 'event streams' : 'WebSocket'

export const channelsPath = (contract: string) => `contracts/${contract}/websocket.html`

/** The AsyncAPI document of a contract as one static page: channels, who sends what, frames, examples, close codes. */
export function channelsPage({ name, asyncapi }: DocumentedContract): Page {
  const document = asyncapi!
  const { title, version, description = '' } = document.info
  const channels = Object.entries(document.channels ?? {})
  const messages = new Map(channels.flatMap(([, channel]) => messagesOf(document, channel)))
  const sections = [
    `<h1>${escapeHtml(`${title} ${version}`)}</h1>`,
    renderMarkdown(description).html,
    '<p><a href="asyncapi.json">asyncapi.json</a> is the document behind this page.</p>',
    renderServers(document),
    ...channels.map(([key, channel]) => renderChannel(document, key, channel)),
    '<h2 id="messages">Messages</h2>',
    ...[...messages].map(([key, message]) => renderMessage(document, key, message)),
    '<h2 id="schemas">Schemas</h2>',
    ...[...schemasOf(document, messages.values())].map(([key, schema]) => renderSchema(key, schema)),
  ]
  const addresses = channels.map(([, channel]) => channel.address).join(', ')
  return {
    path: channelsPath(name),
    title: `${title} ${version}`,
    summary: `${channelsKind(document)} ${addresses}: channels, frames, examples and close codes.`,
    body: sections.join('\n'),
  }
}

function renderServers({ servers = {} }: AsyncApiDocument): string {
  const rows = Object.values(servers).map(({ host, protocol, pathname = '', description = '' }) => [
    `<code>${escapeHtml(`${protocol}://${host}${pathname}`)}</code>`,
    renderInline(description),
  ])
  return rows.length === 0 ? '' : `<h2 id="servers">Servers</h2>\n${renderTable(['server', 'meaning'], rows)}`
}

function renderChannel(document: AsyncApiDocument, key: string, channel: Channel): string {
  const closeCodes = channel['x-close-codes'] ?? []
  const operations = Object.entries(document.operations ?? {}).filter(
    ([, operation]) => operation.channel.$ref === `#/channels/${key}`,
  )
  return [
    `<h2 id="channel-${escapeHtml(key)}">${escapeHtml(channel.title ?? key)}: <code>${escapeHtml(channel.address)}</code></h2>`,
    renderMarkdown(channel.description ?? '').html,
    renderHandshake('Query', channel.bindings?.ws?.query),
    renderHandshake('Headers', channel.bindings?.ws?.headers),
    renderActionContents(operations),
    ...operations.map(([id, operation]) => renderOperation(document, id, operation)),
    closeCodes.length === 0 ? '' : `<h3 id="close-codes-${escapeHtml(key)}">Close codes</h3>`,
    closeCodes.length === 0 ? '' : renderCloseCodes(closeCodes),
  ].join('\n')
}

function renderCloseCodes(codes: NonNullable<Channel['x-close-codes']>): string {
  const rows = codes.map(({ code, name = '', description }) => [
    `<code>${code}</code> ${escapeHtml(name)}`,
    renderInline(description),
  ])
  return renderTable(['code', 'meaning'], rows)
}

function renderHandshake(title: string, schema: Schema | undefined): string {
  return schema?.properties === undefined
    ? ''
    : `<h3>${title} of the handshake</h3>\n${renderInline(schema.description ?? '')}\n${renderProperties(schema)}`
}

function renderOperation(document: AsyncApiDocument, id: string, operation: ChannelOperation): string {
  const direction = operation.action === 'send' ? 'The server sends' : 'The server receives'
  const messages = (operation.messages ?? []).map(({ $ref }) => linkTo('message', lastPart($ref))).join(', ')
  const security = (operation.security ?? []).map(({ $ref }) => {
    const scheme = lastPart($ref)
    const { description = '' } = document.components?.securitySchemes?.[scheme] ?? {}
    return [`<code>${escapeHtml(scheme)}</code>`, renderInline(description)]
  })
  return [
    `<h3 id="operation-${escapeHtml(id)}">${escapeHtml(operation.title ?? id)}${renderVersions(operation)}</h3>`,
    `<p>${renderInline(operation.summary ?? '')}</p>`,
    renderMarkdown(operation.description ?? '').html,
    `<p>${direction}: ${messages}${renderProtocols(operation)}.</p>`,
    ...renderActionExamples(operation),
    security.length === 0 ? '' : renderTable(['credential, one of', 'meaning'], security),
  ].join('\n')
}

function renderMessage(document: AsyncApiDocument, key: string, message: Message): string {
  const examples = (message.examples ?? []).map(
    ({ name = '', summary, payload }) =>
      `<figure><figcaption>${renderInline(summary ?? name)}</figcaption>\n<pre><code>${escapeHtml(JSON.stringify(payload, null, 2))}</code></pre></figure>`,
  )
  const { payload } = message
  const inline = payload === undefined || payload.$ref !== undefined ? undefined : (payload as Schema)
  return [
    `<h3 id="message-${escapeHtml(key)}">${escapeHtml(message.title ?? key)} <code>${escapeHtml(message.name ?? key)}</code></h3>`,
    `<p>${renderInline(message.summary ?? '')}</p>`,
    renderMarkdown(message.description ?? '').html,
    payload?.$ref === undefined ? '' : `<p>Payload: ${linkTo('schema', lastPart(payload.$ref))}.</p>`,
    inline === undefined ? '' : renderProperties(resolve(document, inline)),
    ...examples,
  ].join('\n')
}

function renderSchema(key: string, schema: Schema): string {
  return [
    `<h3 id="schema-${escapeHtml(key)}"><code>${escapeHtml(key)}</code></h3>`,
    renderMarkdown(schema.description ?? '').html,
    schema.properties === undefined ? `<p>${renderType(schema)}</p>` : renderProperties(schema),
  ].join('\n')
}

function renderProperties({ properties = {}, required = [] }: Schema): string {
  const rows = Object.entries(properties).map(([name, schema]) => [
    `<code>${escapeHtml(name)}</code>${required.includes(name) ? ' <span class="required">required</span>' : ''}`,
    renderType(schema),
    renderInline(schema.description ?? ''),
  ])
  return renderTable(['name', 'type', 'meaning'], rows)
}

/** Type, unit and limits in one line, for example `number, kW, -5000 to 5000`. */
function renderType(schema: Schema): string {
  if (schema.$ref !== undefined) return linkTo('schema', lastPart(schema.$ref))
  if (schema.const !== undefined) return `<code>${escapeHtml(JSON.stringify(schema.const))}</code>`
  if (schema.enum !== undefined) {
    return schema.enum.map(value => `<code>${escapeHtml(JSON.stringify(value))}</code>`).join(', ')
  }
  if (Array.isArray(schema.items)) return `[${schema.items.map(renderType).join('; ')}]`
  if (schema.items !== undefined) return `array of ${renderType(schema.items)}`
  const unit = schema['x-unit']
  const { minimum, maximum, maxLength } = schema
  return [
    escapeHtml([schema.type ?? 'any'].flat().join(' or ')),
    schema.format === undefined ? '' : escapeHtml(schema.format),
    unit === undefined || unit === 'none' ? '' : escapeHtml(unit),
    minimum === undefined && maximum === undefined ? '' : `${minimum ?? ''} to ${maximum ?? ''}`,
    maxLength === undefined ? '' : `at most ${maxLength} characters`,
  ]
    .filter(Boolean)
    .join(', ')
}

function messagesOf(document: AsyncApiDocument, channel: Channel): [string, Message][] {
  return Object.entries(channel.messages ?? {}).map(([key, message]) => [key, resolve<Message>(document, message)])
}

/** The named schemas that the messages lead to, the payload before its parts. */
function schemasOf(document: AsyncApiDocument, messages: Iterable<Message>): Map<string, Schema> {
  const found = new Map<string, Schema>()
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== 'object') return
    const { $ref } = node as Partial<Reference>
    if (typeof $ref !== 'string') {
      for (const member of Object.values(node)) visit(member)
      return
    }
    const key = lastPart($ref)
    if (found.has(key)) return
    const schema = resolve<Schema>(document, { $ref })
    found.set(key, schema)
    visit(schema)
  }
  for (const message of messages) visit(message.payload)
  return found
}

/** Follows local references to what they name; bundles have no others. */
function resolve<T extends object>(document: AsyncApiDocument, node: T | Reference): T {
  let current: unknown = node
  while (typeof (current as Partial<Reference>).$ref === 'string') {
    const { $ref } = current as Reference
    current = $ref
      .slice('#/'.length)
      .split('/')
      .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[unescapePart(part)], document)
    if (current === undefined) throw new Error(`${$ref} names nothing in its AsyncAPI document`)
  }
  return current as T
}

const unescapePart = (part: string) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
const lastPart = (reference: string) => unescapePart(reference.slice(reference.lastIndexOf('/') + 1))
const linkTo = (kind: string, key: string) =>
  `<a href="#${kind}-${escapeHtml(key)}"><code>${escapeHtml(key)}</code></a>`
