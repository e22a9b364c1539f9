/**
 * The 4xx replies that follow from what an operation asks for are declared. An operation that declares 501 answers
 * before it looks at the request, so only its credential and its rate limit count.
 */
export const errorResponses = () => {
  let path = ''
  let schemes = []
  return {
    Root(root) {
      schemes = Object.keys(root.components?.securitySchemes ?? {})
    },
    PathItem: {
      enter(_item, { key }) {
        path = String(key)
      },
      Operation(operation, { report, location, resolve }) {
        const declared = Object.keys(operation.responses ?? {})
        const places = (operation.parameters ?? []).map(parameter => resolve(parameter).node?.in)
        for (const [status, reason] of neededStatuses(operation, path, places, schemes)) {
          if (declared.includes(status)) continue
          report({
            message: `${operation.operationId} ${reason}, so it needs a ${status} response.`,
            location: location.child('responses').key(),
          })
        }
      },
    },
  }
}

function neededStatuses(operation, path, places, schemes) {
  const requirements = operation.security ?? []
  const requests = requirements.flatMap(requirement => Object.entries(requirement))
  // Where every credential of the contract will do, none is refused for its kind.
  const choosy =
    requests.some(([, scopes]) => scopes.length > 0) ||
    (requests.length > 0 && schemes.some(scheme => !requests.some(([name]) => name === scheme)))
  const limited = operation['x-rate-limit'] !== 'none'
  const always = [
    requests.length > 0 && ['401', 'takes a credential'],
    choosy && ['403', 'takes one kind of credential'],
    limited && ['429', 'is rate-limited (x-rate-limit)'],
  ]
  // What is not there yet is made.
  const makesIt = operation.responses?.['201'] !== undefined
  const whenImplemented = [
    operation.requestBody && ['400', 'takes a body'],
    !operation.requestBody && (places.includes('query') || places.includes('header')) && ['400', 'takes parameters'],
    operation.requestBody && ['413', 'takes a body'],
    operation.requestBody && ['415', 'takes a body'],
    path.includes('{') && !makesIt && ['404', 'has an id in its path'],
  ]
  const answers501 = operation.responses?.['501'] !== undefined
  return [...always, ...(answers501 ? [] : whenImplemented)].filter(Boolean)
}
