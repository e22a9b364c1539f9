/** An implemented operation declares a 2xx response; Redocly's own rule would ask it of those that only answer 501. */
export const successResponse = () => ({
  Operation(operation, { report, location }) {
    if (operation['x-status'] === 'not-implemented') return
    if (!Object.keys(operation.responses ?? {}).some(status => /^2/.test(status))) {
      report({
        message: `${operation.operationId} declares no 2xx response.`,
        location: location.child('responses').key(),
      })
    }
  },
})
