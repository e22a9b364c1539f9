import { listRoutes, type OpenApiDocument, type Route, securityOf } from './documents.ts'

/**
 * `index.ts`: the handler table. It imports `handlers/<contract>/<tag>/<operationId>.ts` for every operation, so a
 * missing file, a missing export or a handler of the wrong shape is a compile error.
 */
export function renderHandlerTable(contract: string, document: OpenApiDocument, banner: string): string {
  const routes = listRoutes(document)
  const imports = routes.map(
    ({ operation: { operationId, tags } }) =>
      `import { ${operationId} } from '../../handlers/${contract}/${tags[0]}/${operationId}.ts'`,
  )
  const members = routes.map(route => `  ${renderMember(document, route)}`)
  return `${banner}
import type { Handler } from '../../src/operation.ts'
import type { operations } from './types.ts'
${imports.join('\n')}

/** The handler of every operation by operationId, typed by the contract: its request, its replies, its callers. */
export interface Handlers {
${members.join('\n')}
}

export const handlers: Handlers = {
${routes.map(({ operation }) => `  ${operation.operationId},`).join('\n')}
}
`
}

function renderMember(document: OpenApiDocument, { operation }: Route): string {
  const id = operation.operationId
  const schemes = callersOf(securityOf(document, operation)).map(scheme => `'${scheme}'`)
  return `${id}: Handler<operations['${id}'], ${schemes.join(' | ')}>`
}

/** The security schemes that may stand behind a call: `anonymous` where none is needed, `enrollment` where `{}` is one of the ways in. */
function callersOf(security: Record<string, string[]>[]): string[] {
  if (security.length === 0) return ['anonymous']
  const schemes = security.flatMap(requirement => {
    const names = Object.keys(requirement)
    return names.length === 0 ? ['enrollment'] : names
  })
  return [...new Set(schemes)]
}
