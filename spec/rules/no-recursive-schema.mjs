/**
 * No schema contains itself: generated types, mocks and fuzzing all stumble over recursion, and a wire format that
 * nests without end cannot be bounded.
 */
export const noRecursiveSchema = () => {
  const finished = new Set()
  return {
    Schema(schema, { report, location, resolve }) {
      const path = []

      /** Whether `node` at `pointer` of `file` leads back to a schema that is being descended into. */
      function isRecursive(node, file, pointer) {
        if (typeof node !== 'object' || node === null) return false
        if (typeof node.$ref === 'string') {
          const target = resolve(node, file)
          // A reference that leads nowhere is reported by no-unresolved-refs.
          if (target.location === undefined) return false
          if (isRecursive(target.node, target.location.source.absoluteRef, target.location.pointer)) return true
        }
        const place = `${file}${pointer}`
        if (path.includes(place)) return true
        if (finished.has(place)) return false
        path.push(place)
        const children = Object.entries(node).filter(
          ([key]) => !['enum', 'const', 'default', 'example', 'examples'].includes(key),
        )
        const found = children.some(([key, child]) =>
          isRecursive(child, file, `${pointer.replace(/\/$/, '')}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
        )
        path.pop()
        finished.add(place)
        return found
      }

      if (isRecursive(schema, location.source.absoluteRef, location.pointer)) {
        report({ message: 'The schema contains itself.', location })
      }
    },
  }
}
