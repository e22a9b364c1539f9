import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import http from 'node:http'
import { describe, it } from 'node:test'
import { startTestServer } from '../support/testServer.ts'
import { fillPath, type Operation, schemesOf } from './operations.ts'
import { type OpenSubject, openSubjects, type Subject } from './subject.ts'

/** HEAD, OPTIONS, methods and paths that a contract does not have, and the request id that every answer carries. */

const server = await startTestServer()
const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'PROPFIND', 'TRACE', 'LINK']

interface Plain {
  status: number
  headers: http.IncomingHttpHeaders
  text: string
}

/** fetch refuses to send some methods. */
function plain(method: string, path: string, headers: Record<string, string> = {}): Promise<Plain> {
  const { promise, resolve, reject } = Promise.withResolvers<Plain>()
  const request = http.request(`${server.url}${path}`, { method, headers }, response => {
    let text = ''
    response.setEncoding('utf8').on('data', chunk => {
      text += chunk
    })
    response.once('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }))
  })
  request.once('error', reject).end()
  return promise
}

/** Headers that say something of the answer itself, not of when or in which connection it came. */
function lasting({ headers }: Plain): Record<string, unknown> {
  const { date, connection, 'keep-alive': _, ...rest } = headers
  return Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith('x-ratelimit-')))
}

type Callers = Record<string, Record<string, string>>

const callersOf = async ({ schemes, caller }: Subject): Promise<Callers> =>
  Object.fromEntries(await Promise.all(schemes.map(async scheme => [scheme, await caller(scheme)] as const)))

const describeContract = ({ contract, operations, subject, things }: OpenSubject, callers: Callers) => {
  const headersOf = (operation: Operation): Record<string, string> => callers[schemesOf(operation)[0]!] ?? {}
  const paths = Map.groupBy(operations, operation => fillPath(operation, things))

  describe(`${contract}: HEAD`, () => {
    for (const operation of operations.filter(({ method }) => method === 'GET')) {
      it(`is ${operation.operationId} without its body`, async () => {
        const path = `${fillPath(operation, things)}?wait=0`
        const headers = { ...headersOf(operation), 'x-request-id': 'the-same' }
        const before = await plain('GET', path, headers)
        const head = await plain('HEAD', path, headers)
        const later = await plain('GET', path, headers)
        assert.equal(head.status, before.status)
        assert.equal(head.text, '')
        const expected = lasting(before)
        // What logs requests, this one among them, has a new length each time.
        if (before.text !== later.text) expected['content-length'] = head.headers['content-length']
        assert.deepEqual(lasting(head), expected)
        assert.ok(Number(head.headers['content-length']) > 0)
      })
      it(`is refused as ${operation.operationId} is`, async () => {
        const path = `${fillPath(operation, things)}?page=x&wait=x`
        const [get, head] = [await plain('GET', path), await plain('HEAD', path)]
        assert.deepEqual([head.status, head.text], [get.status, ''])
      })
    }
  })

  describe(`${contract}: methods`, () => {
    for (const [path, here] of paths) {
      const declared = here.map(({ method }) => method)
      const allowed = [...declared, ...(declared.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort()
      const allow = ({ headers }: Plain) => headers.allow?.split(', ').sort()
      it(`204 OPTIONS ${here[0]!.path} without a token, with what is allowed`, async () => {
        const answer = await plain('OPTIONS', path)
        assert.deepEqual([answer.status, answer.text], [204, ''])
        assert.deepEqual(allow(answer), allowed)
        assert.ok(answer.headers['x-request-id'])
      })
      it(`405 for any other method on ${here[0]!.path}, with what is allowed`, async () => {
        for (const method of METHODS.filter(name => !declared.includes(name))) {
          for (const headers of [{}, headersOf(here[0]!)]) {
            const answer = await plain(method, path, headers)
            assert.equal(answer.status, 405, `${method}: ${answer.text}`)
            assert.deepEqual(allow(answer), allowed)
            subject.checkError({ status: 405, headers: new Headers(), body: JSON.parse(answer.text) }, 'method')
            assert.ok(answer.headers['x-request-id'])
          }
        }
      })
      it(`404 for the path below ${here[0]!.path} that is none of the contract's`, async () => {
        for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS', 'DELETE']) {
          const answer = await plain(method, `${path}/nothing/${randomUUID()}`, headersOf(here[0]!))
          assert.equal(answer.status, 404, `${method}: ${answer.text}`)
          assert.equal(answer.headers['content-type'], 'application/json')
          assert.ok(answer.headers['x-request-id'])
          if (method === 'HEAD') continue
          subject.checkError({ status: 404, headers: new Headers(), body: JSON.parse(answer.text) }, 'notFound')
        }
      })
    }
  })

  describe(`${contract}: X-Request-Id`, () => {
    for (const operation of operations) {
      it(`of ${operation.operationId} is the caller's, or a new one where the caller's is none`, async () => {
        const path = `${fillPath(operation, things)}?wait=0`
        const given = await plain(operation.method, path, { ...headersOf(operation), 'x-request-id': 'trace:1.a_b-C' })
        assert.equal(given.headers['x-request-id'], 'trace:1.a_b-C')
        for (const bad of ['a b', 'x'.repeat(129), '<script>']) {
          const answer = await plain(operation.method, path, { ...headersOf(operation), 'x-request-id': bad })
          assert.match(String(answer.headers['x-request-id']), /^[0-9a-f-]{36}$/)
        }
      })
    }
  })
}

const subjects = await openSubjects(server)
// All of them before the first suite: the runner takes a file for finished when its suites are and it still waits.
const callers = await Promise.all(subjects.map(({ subject }) => callersOf(subject)))
for (const [index, opened] of subjects.entries()) describeContract(opened, callers[index]!)
