/** Every number says its unit in `x-unit`, `none` where it has none. The units are a closed list in redocly.yaml. */
export const unitOnNumbers = ({ units = [] }) => ({
  Schema(schema, { report, location }) {
    const types = [schema.type].flat()
    if (!types.includes('integer') && !types.includes('number')) return
    const unit = schema['x-unit']
    if (unit === undefined) {
      report({ message: 'A number needs `x-unit`, `none` where it has no unit.', location })
    } else if (!units.includes(unit)) {
      report({
        message: `Unit '${unit}' is not in the list of units in spec/redocly.yaml.`,
        location: location.child('x-unit'),
      })
    }
  },
})
