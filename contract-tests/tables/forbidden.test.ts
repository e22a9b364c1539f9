import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startTestServer } from '../support/testServer.ts'
import { fillPath, type Operation, requestOf, schemesOf } from './operations.ts'
import { openSubjects } from './subject.ts'

/** A caller may do what its scopes say and its kind is for, and nothing else. */

const server = await startTestServer()

for (const { contract, operations, subject, things } of await openSubjects(server)) {
  const ask = (operation: Operation, headers: Record<string, string>) =>
    server.call(operation.method, fillPath(operation, things), requestOf(operation, headers))
  const allBut = (scopes: string[]) =>
    subject.scopes.filter(name => scopes.every(scope => !subject.implied([name]).has(scope)))

  describe(`${contract}: scopes`, () => {
    for (const operation of operations) {
      const { operationId } = operation
      // An operation asks for one scope at a time; where it names several, each is a way in.
      const ways = operation.security.flatMap(Object.values).flat() as string[]
      for (const scope of new Set(ways)) {
        const refused = async (headers: Record<string, string>) => {
          const answer = await ask(operation, headers)
          assert.equal(answer.status, 403, JSON.stringify(answer.body))
          subject.checkError(answer, 'forbidden', operation)
          assert.ok(JSON.stringify(answer.body).includes(scope))
          assert.ok(answer.headers.get('x-request-id'))
        }
        it(`403 ${operationId} for a client that has every scope but ${ways.join(' and ')}`, async () =>
          refused(await subject.clientWith(allBut(ways))))
        it(`403 ${operationId} for a token that was asked for without ${ways.join(' and ')}`, async () =>
          refused(await subject.tokenWith(allBut(ways))))
        it(`${operationId} is open to ${scope} and to every scope that implies it`, async () => {
          for (const name of subject.scopes.filter(name => subject.implied([name]).has(scope))) {
            const answer = await ask(operation, await subject.clientWith([name]))
            assert.ok(![401, 403].includes(answer.status), `${name}: ${answer.status}`)
          }
        })
      }
    }
  })

  describe(`${contract}: kinds of callers`, () => {
    for (const operation of operations.filter(({ security }) => security.length > 0)) {
      for (const scheme of subject.schemes.filter(name => !schemesOf(operation).includes(name))) {
        it(`403 ${operation.operationId} with a ${scheme}`, async () => {
          const answer = await ask(operation, await subject.caller(scheme))
          assert.equal(answer.status, 403, JSON.stringify(answer.body))
          subject.checkError(answer, 'forbidden', operation)
        })
      }
    }
  })
}
