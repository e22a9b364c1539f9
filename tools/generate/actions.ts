import { PROTOCOLS, type Protocol } from '../../src/ocpp/action.ts'
import type { AsyncApiDocument, ChannelOperation } from './documents.ts'

/** An operation of the OCPP document: `v16.bootNotification` is one that stations of that family may call. */
interface Action {
  family: string
  name: string
  operation: ChannelOperation & { 'x-ocpp-schema': { request: string; response?: string } }
}

/** The namespace of typed-ocpp that holds the types of a version. */
const namespaces: Record<Protocol, string> = { 'ocpp1.6': 'OCPP16', 'ocpp2.0.1': 'OCPP20', 'ocpp2.1': 'OCPP21' }

/** Whether the operations of a document are actions of OCPP, which have handlers. */
export function hasActions(document: AsyncApiDocument): boolean {
  return Object.values(document.operations ?? {}).some(operation => operation['x-ocpp-schema'] !== undefined)
}

/**
 * `index.ts` of a contract whose operations are actions of OCPP. It imports `handlers/<contract>/<family>/<action>.ts`
 * for every action that is received, typed by typed-ocpp, so a missing file, a missing export or a wrong answer is a
 * compile error. A handler of several versions takes the requests of all of them, and what it answers is right in each.
 */
export function renderActionTable(contract: string, document: AsyncApiDocument, banner: string): string {
  const actions = listReceived(document)
  const families = [...new Set(actions.map(({ family }) => family))]
  const imports = actions.map(
    ({ family, name }) =>
      `import { ${name} as ${localName(family, name)} } from '../../handlers/${contract}/${family}/${name}.ts'`,
  )
  return `${banner}
import type { ${Object.values(namespaces).join(', ')} } from 'typed-ocpp'
import type { ActionHandler, HandlerTable } from '../../src/ocpp/action.ts'
${imports.join('\n')}

/** The handler of every action that a station may call, by family of versions, typed by what the schemas say. */
export interface Handlers {
${families.map(family => `  ${family}: {\n${renderMembers(actions, family)}\n  }`).join('\n')}
}

const families: Handlers = {
${families.map(family => `  ${family}: {\n${renderEntries(actions, family)}\n  },`).join('\n')}
}

/** Whatever a station may call, by subprotocol and action as they stand on the wire. */
export const handlers: HandlerTable = {
${PROTOCOLS.map(protocol => `  '${protocol}': {\n${renderProtocol(actions, protocol)}\n  },`).join('\n')}
}
`
}

function listReceived(document: AsyncApiDocument): Action[] {
  return Object.entries(document.operations ?? {})
    .filter(([, operation]) => operation.action === 'receive')
    .map(([id, operation]) => {
      const [, family, name] = /^(v\d+)\.([a-z]\w*)$/.exec(id) ?? []
      if (family === undefined || name === undefined) throw new Error(`${id} is not <family>.<action in camelCase>`)
      const known = operation['x-protocols']?.every(protocol => PROTOCOLS.includes(protocol))
      if (!known) throw new Error(`${id} has no x-protocols, or one that is not among ${PROTOCOLS.join(', ')}`)
      return { family, name, operation: operation as Action['operation'] }
    })
}

const localName = (family: string, name: string) => `${family}${name[0]!.toUpperCase()}${name.slice(1)}`

function renderMembers(actions: Action[], family: string): string {
  const members = actions.filter(action => action.family === family)
  return members
    .map(({ name, operation }) => {
      const { request, response } = operation['x-ocpp-schema']
      const types = (schema: string, joint: string) =>
        operation['x-protocols']!.map(protocol => `${namespaces[protocol]}.${schema}`).join(joint)
      const answer = response === undefined ? 'undefined' : types(response, ' & ')
      return `    ${name}: ActionHandler<${types(request, ' | ')}, ${answer}>`
    })
    .join('\n')
}

function renderEntries(actions: Action[], family: string): string {
  const members = actions.filter(action => action.family === family)
  return members.map(({ name }) => `    ${name}: ${localName(family, name)},`).join('\n')
}

function renderProtocol(actions: Action[], protocol: Protocol): string {
  const held = actions.filter(({ operation }) => operation['x-protocols']!.includes(protocol))
  return held.map(({ family, name, operation }) => `    ${operation.title}: families.${family}.${name},`).join('\n')
}
