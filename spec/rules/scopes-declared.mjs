/**
 * Every scope an operation asks for is declared by its scheme (the flows of OAuth 2, `x-scopes` on other schemes), and
 * an operation behind OAuth 2 asks for at least one, unless its tag is in `exemptTags`.
 */
export const scopesDeclared = ({ exemptTags = [] }) => {
  const declared = new Map()
  const oauth = new Set()
  return {
    Root(root, { resolve }) {
      for (const [name, reference] of Object.entries(root.components?.securitySchemes ?? {})) {
        const scheme = resolve(reference).node ?? {}
        const flows = Object.values(scheme.flows ?? {})
        declared.set(
          name,
          new Set([...flows.map(flow => flow.scopes), scheme['x-scopes']].flatMap(scopes => Object.keys(scopes ?? {}))),
        )
        if (scheme.type === 'oauth2') oauth.add(name)
      }
    },
    Operation(operation, { report, location }) {
      const exempt = operation.tags?.some(tag => exemptTags.includes(tag))
      for (const [index, requirement] of (operation.security ?? []).entries()) {
        for (const [scheme, scopes] of Object.entries(requirement)) {
          const place = location.child(['security', index, scheme])
          for (const scope of scopes.filter(name => !declared.get(scheme)?.has(name))) {
            report({ message: `Scope '${scope}' is not declared by the scheme '${scheme}'.`, location: place })
          }
          if (oauth.has(scheme) && scopes.length === 0 && !exempt) {
            report({ message: `${operation.operationId} names no scope of '${scheme}'.`, location: place })
          }
        }
      }
    },
  }
}
