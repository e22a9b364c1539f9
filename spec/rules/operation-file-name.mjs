const isFileRoot = location => location.pointer === '#/'
const nameOf = location => location.source.absoluteRef.replace(/^.*[\\/]/, '')
const folderOf = location => location.source.absoluteRef.split(/[\\/]/).slice(-3, -1).join('/')

/**
 * One operation per file, operations/<tag>/<operationId>.yaml, and one schema per file, schemas/<PascalCase>.yaml. The
 * names of the components, the handlers and the tests follow from these. Operations of an AsyncAPI document may stand
 * inline; one that has a file is called <folder>.<file name>.
 */
export const operationFileName = () => ({
  Root(root, { report, location, specVersion }) {
    if (specVersion !== 'async3') return
    for (const [id, { $ref }] of Object.entries(root.operations ?? {})) {
      const expected = `operations/${id.replace('.', '/')}.yaml`
      if ($ref !== undefined && $ref !== expected) {
        report({
          message: `The file of '${id}' is '${$ref}', expected '${expected}'.`,
          location: location.child(['operations', id]),
        })
      }
    }
  },
  Operation(operation, { report, location, specVersion }) {
    // Theirs is for the root to check, where their names stand.
    if (specVersion === 'async3') return
    if (!isFileRoot(location)) {
      report({
        message: 'An operation is the root of a file of its own, operations/<tag>/<operationId>.yaml.',
        location,
      })
      return
    }
    const [tag, ...others] = operation.tags ?? []
    if (tag === undefined || others.length > 0) {
      report({ message: 'An operation has exactly one tag, the name of its folder.', location })
    } else if (folderOf(location) !== `operations/${tag}`) {
      report({
        message: `The folder is '${folderOf(location)}', expected 'operations/${tag}' after the tag.`,
        location,
      })
    }
    if (nameOf(location) !== `${operation.operationId}.yaml`) {
      report({ message: `The file is '${nameOf(location)}', expected '${operation.operationId}.yaml'.`, location })
    }
  },
  Schema(_schema, { report, location }) {
    if (!isFileRoot(location)) return
    if (!/^[A-Z][A-Za-z0-9]*\.yaml$/.test(nameOf(location)) || !folderOf(location).endsWith('/schemas')) {
      report({ message: `A schema file is schemas/<PascalCase>.yaml, not '${nameOf(location)}'.`, location })
    }
  },
})
