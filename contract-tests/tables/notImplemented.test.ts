import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startTestServer } from '../support/testServer.ts'
import { exampleOf, fillPath, type Operation, schemesOf } from './operations.ts'
import { openSubjects } from './subject.ts'

/** `x-status` is a promise in both directions: what is not implemented says so, whatever it is sent, and nothing else does. */

const server = await startTestServer()

/** Bodies that no operation accepts, and the one that its contract shows. */
const variants = (operation: Operation): [string, { body?: unknown; headers?: Record<string, string> }][] => {
  if (operation.method === 'GET') return [['a query', {}]]
  return [
    ['its example', exampleOf(operation)],
    ['no body', {}],
    ['broken JSON', { body: '{"a": ' }],
    ['another media type', { body: '<a/>', headers: { 'content-type': 'text/xml' } }],
    ['a body of the wrong shape', { body: '[[1]]' }],
  ]
}

for (const { contract, operations, subject, things } of await openSubjects(server)) {
  describe(`${contract}: x-status`, async () => {
    const callers = Object.fromEntries(
      await Promise.all(subject.schemes.map(async scheme => [scheme, await subject.caller(scheme)] as const)),
    )
    for (const operation of operations) {
      const { operationId, status } = operation
      const [scheme] = schemesOf(operation)
      // Only what an operation may change or remove must be new for each of its requests.
      const isKept = status === 'not-implemented' || Object.keys(operation.pathParameters).length === 0
      const send = async ({ body, headers }: { body?: unknown; headers?: Record<string, string> }) => {
        const path = `${fillPath(operation, isKept ? things : await subject.makeThings())}?page=x&wait=0`
        return server.call(operation.method, path, { body, headers: { ...callers[scheme!], ...headers } })
      }
      if (status === 'not-implemented') {
        it(`501 ${operationId}, whatever is sent`, async () => {
          for (const [name, options] of variants(operation)) {
            const answer = await send(options)
            assert.equal(answer.status, 501, `${name}: ${JSON.stringify(answer.body)}`)
            subject.checkError(answer, 'notImplemented')
          }
        })
      } else {
        it(`${operationId} never answers 501, nor 500`, async () => {
          for (const [name, options] of variants(operation)) {
            const answer = await send(options)
            assert.ok(answer.status < 500, `${name}: ${answer.status} ${JSON.stringify(answer.body)}`)
          }
        })
      }
    }
  })
}
