/**
 * Every operation says `x-status: implemented` or `not-implemented`, and `not-implemented` exactly when it declares a
 * 501 response. Whether the handler does the same is a test, not a rule.
 */
export const statusDeclared = () => ({
  Operation(operation, { report, location }) {
    const status = operation['x-status']
    if (status !== 'implemented' && status !== 'not-implemented') {
      report({ message: '`x-status` must be `implemented` or `not-implemented`.', location })
      return
    }
    // AsyncAPI operations have no responses by status.
    if (operation.responses === undefined) return
    const answers501 = operation.responses['501'] !== undefined
    if (answers501 !== (status === 'not-implemented')) {
      report({
        message: answers501
          ? 'A 501 response needs `x-status: not-implemented`.'
          : 'Not implemented, but no 501 response.',
        location: location.child('responses').key(),
      })
    }
  },
})
