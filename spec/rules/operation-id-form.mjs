/**
 * An operationId is camelCase, a verb and a noun: `listDevices`. The verbs are a closed list in redocly.yaml, so that
 * a new one is a decision and not a synonym.
 */
export const operationIdForm = ({ verbs = [] }) => ({
  Operation(operation, { report, location }) {
    const id = operation.operationId
    if (typeof id !== 'string' || !/^[a-z]+(?:[A-Z][a-z0-9]*)+$/.test(id)) {
      report({
        message: `operationId '${id}' is not camelCase verb and noun.`,
        location: location.child('operationId'),
      })
      return
    }
    const verb = id.match(/^[a-z]+/)[0]
    if (!verbs.includes(verb)) {
      report({
        message: `operationId '${id}' starts with '${verb}', which is not in the list of verbs in spec/redocly.yaml.`,
        location: location.child('operationId'),
      })
    }
  },
})
