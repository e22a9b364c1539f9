import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startTestServer } from '../support/testServer.ts'
import { fillPath, type Operation, requestOf, schemesOf } from './operations.ts'
import { openSubjects } from './subject.ts'

/** Another tenant's thing, one that never was and one that could not be are the same to a caller: not found. */

const server = await startTestServer({ PROXY_ALLOWED_HOSTS: 'csms.example.com' })

// Whose path names what it makes has no id to look for.
const hasId = ({ path, makesIt }: Operation) => path.includes('{') && !makesIt
const subjects = await openSubjects(server)

for (const { contract, operations, subject, things } of subjects.filter(({ operations }) => operations.some(hasId))) {
  const [scheme] = operations.filter(hasId).flatMap(schemesOf)
  const [caller, stranger] = await Promise.all([subject.caller(scheme!), subject.stranger(scheme!)])
  const ask = (operation: Operation, ids: Record<string, string>, headers: Record<string, string>) =>
    server.call(operation.method, fillPath(operation, ids), requestOf(operation, headers))

  describe(`${contract}: ids in paths`, () => {
    for (const operation of operations.filter(hasId)) {
      const { operationId } = operation
      const components = Object.values(operation.pathParameters)
      const [first] = components

      // Where the path itself is the credential, whoever has it is who it was given to.
      const isOwned = operation.security.length > 0
      it(`404 ${operationId} for another tenant, although its owner gets an answer`, { skip: !isOwned }, async () => {
        const own = await subject.makeThings()
        const answer = await ask(operation, own, stranger)
        assert.equal(answer.status, 404, JSON.stringify(answer.body))
        subject.checkError(answer, 'notFound')
        const unknown = await ask(operation, { ...own, [first!]: subject.unknownIds[first!]! }, stranger)
        assert.deepEqual(unknown.body, answer.body, 'a foreign id looks different from an unknown one')
        assert.equal((await ask(operation, own, caller)).status, 200)
      })
      // What is refused changes nothing, so that all of these can be asked beside the same things.
      it(`404 ${operationId} for an id that names nothing`, async () => {
        for (const component of components) {
          const answer = await ask(operation, { ...things, [component]: subject.unknownIds[component]! }, caller)
          assert.equal(answer.status, 404, `${component}: ${JSON.stringify(answer.body)}`)
          subject.checkError(answer, 'notFound')
        }
      })
      it(`404 or 400 ${operationId} for an id that nothing can have`, async () => {
        for (const { component, id, status } of subject.malformedIds.filter(each =>
          components.includes(each.component),
        )) {
          const answer = await ask(operation, { ...things, [component]: id }, caller)
          assert.equal(answer.status, status, `${component} ${id}: ${JSON.stringify(answer.body)}`)
          subject.checkError(answer, status === 404 ? 'notFound' : 'invalid')
        }
      })
    }
  })
}
