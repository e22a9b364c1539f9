import {
  type ChannelOperation,
  type Contract,
  listRoutes,
  type Message,
  resolveReference,
  securityOf,
} from './documents.ts'

/** `operations.md`: the table of contents of all contracts. */
export function renderOperationsTable(contracts: Contract[], banner: string): string {
  const operations = contracts.flatMap(({ name, openapi }) =>
    openapi === undefined
      ? []
      : listRoutes(openapi).map(({ method, path, operation }) => [
          operation.operationId,
          method.toUpperCase(),
          code(path),
          name,
          describeSecurity(securityOf(openapi, operation)),
          operation['x-status'] ?? '',
          operation['x-rate-limit'] ?? '',
        ]),
  )
  const channels = contracts.flatMap(({ name, asyncapi }) =>
    asyncapi === undefined
      ? []
      : Object.entries(asyncapi.operations ?? {}).map(([operationId, operation]) => {
          const channel = resolveReference<{ address: string; messages?: Record<string, Message> }>(
            asyncapi,
            operation.channel,
          )
          const messages = describeMessages(operation, channel.messages ?? {})
          return [operationId, code(channel.address), operation.action, name, messages, operation['x-status'] ?? '']
        }),
  )
  return `${banner}

# Operations

${renderTable(['operationId', 'method', 'path', 'contract', 'credential and scopes', 'status', 'rate limit'], operations)}

# Channels

\`send\` is said of the server.

${renderTable(['operationId', 'address', 'action', 'contract', 'messages', 'status'], channels)}
`
}

/** Of an action of OCPP its name and its versions, since all of them share the messages of their channel. */
function describeMessages(operation: ChannelOperation, ofChannel: Record<string, Message>): string {
  const protocols = operation['x-protocols']
  if (protocols === undefined) return Object.keys(ofChannel).join(', ')
  return `${operation.title} (${protocols.join(', ')})`
}

function describeSecurity(security: Record<string, string[]>[]): string {
  if (security.length === 0) return 'none'
  return security.map(describeRequirement).join(' or ')
}

function describeRequirement(requirement: Record<string, string[]>): string {
  const schemes = Object.entries(requirement).map(([scheme, scopes]) => [scheme, ...scopes.map(code)].join(' '))
  return schemes.length === 0 ? 'none' : schemes.join(' and ')
}

function code(text: string): string {
  return `\`${text}\``
}

function renderTable(header: string[], rows: string[][]): string {
  return [header, header.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}
