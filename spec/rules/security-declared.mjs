/** Who may call is said on every operation itself, `security: []` included; nothing is inherited by oversight. */
export const securityDeclared = () => ({
  Operation(operation, { report, location }) {
    if (!Array.isArray(operation.security)) {
      report({ message: `${operation.operationId} does not declare security.`, location })
    }
  },
})
