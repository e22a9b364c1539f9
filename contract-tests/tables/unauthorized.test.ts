import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startTestServer } from '../support/testServer.ts'
import { exampleOf, fillPath, isOpen, type Operation, schemesOf } from './operations.ts'
import { openSubjects } from './subject.ts'

/** Who calls without a good credential learns nothing else: not whether a thing exists, nor what the body lacks. */

const server = await startTestServer()

for (const { contract, operations, subject, things } of await openSubjects(server)) {
  const ask = (operation: Operation, headers: Record<string, string>, options: object = exampleOf(operation)) =>
    server.call(operation.method, fillPath(operation, things), { headers, ...options })
  const bad = subject.badCredential ?? 401
  const refused = async (
    operation: Operation,
    kind: 'unauthorized' | 'expired',
    status: number,
    ...asked: Parameters<typeof ask>
  ) => {
    const answer = await ask(...asked)
    assert.equal(answer.status, status, JSON.stringify(answer.body))
    subject.checkError(answer, kind, operation)
    if (status === 401) assert.ok(answer.headers.get('www-authenticate'))
    assert.ok(answer.headers.get('x-request-id'))
  }

  describe(`${contract}: operations that need a credential`, () => {
    for (const operation of operations.filter(operation => !isOpen(operation))) {
      const { operationId } = operation
      it(`401 ${operationId} without one`, () => refused(operation, 'unauthorized', 401, operation, {}))
      it(`${bad} ${operationId} with one that nobody was given`, async () => {
        for (const headers of subject.garbage)
          await refused(operation, bad === 401 ? 'unauthorized' : 'expired', bad, operation, headers)
      })
      it(`${bad} ${operationId} with one that has expired`, async () => {
        for (const scheme of schemesOf(operation))
          await refused(operation, 'expired', bad, operation, await subject.expired(scheme))
      })
      it(`401 ${operationId} before its parameters and body are looked at`, async () => {
        const unknown = { ...operation, path: `${fillPath(operation, subject.unknownIds)}?page=x&wait=x` }
        const body = operation.method === 'GET' ? {} : { body: '{"broken' }
        await refused(operation, 'unauthorized', 401, unknown, {}, body)
      })
    }
  })

  describe(`${contract}: operations that need none`, () => {
    for (const operation of operations.filter(isOpen)) {
      const { operationId } = operation
      it(`${operationId} answers a caller without one`, async () => {
        const { status } = await ask(operation, {})
        // Where credentials are traded for a token or a session, those of the example are nobody's.
        assert.ok(/\/(token|login)$/.test(operation.path) || (status !== 401 && status !== 403), String(status))
      })
      if (operation.security.length === 0) continue
      it(`${bad} ${operationId} with one that is shown and is not good`, async () => {
        for (const headers of subject.garbage)
          await refused(operation, bad === 401 ? 'unauthorized' : 'expired', bad, operation, headers)
        for (const scheme of schemesOf(operation))
          await refused(operation, 'expired', bad, operation, await subject.expired(scheme))
      })
    }
  })
}
