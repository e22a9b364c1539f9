import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startTestServer } from '../support/testServer.ts'
import { fillPath, operationsOf } from '../tables/operations.ts'
import { openSubject } from '../tables/subjects/tellus.ts'

/** What browsers on other origins may see: nothing, unless the origin was named in CORS_ORIGINS. */

const FRIEND = 'https://console.example.com'
const server = await startTestServer({ CORS_ORIGINS: `${FRIEND}, http://localhost:3000` })
const closed = await startTestServer()
const things = await (await openSubject(server)).makeThings()
const paths = Map.groupBy(operationsOf('tellus'), operation => fillPath(operation, things))
const strangers = [
  'https://evil.example',
  'null',
  `${FRIEND}.evil.example`,
  `${FRIEND}:8443`,
  'http://console.example.com',
  'https://CONSOLE.example.com.',
  '*',
  '',
]

const allowed = (headers: Headers) => headers.get('access-control-allow-origin')

describe('CORS', () => {
  for (const [path, here] of paths) {
    const methods = here.map(({ method }) => method)
    it(`lets a named origin ask for ${methods.join(' and ')} ${here[0]!.path}, without a token`, async () => {
      const { status, headers } = await server.call('OPTIONS', path, {
        headers: {
          origin: FRIEND,
          'access-control-request-method': methods[0]!,
          'access-control-request-headers': 'authorization,content-type,idempotency-key',
        },
      })
      assert.deepEqual([status, allowed(headers)], [204, FRIEND])
      const offered = headers.get('access-control-allow-methods')!.split(', ')
      assert.ok(methods.every(method => offered.includes(method)))
      const names = headers.get('access-control-allow-headers')!.toLowerCase()
      for (const name of ['authorization', 'content-type', 'idempotency-key']) assert.ok(names.includes(name))
      assert.ok(headers.get('vary')!.includes('Origin'))
      assert.ok(headers.get('x-request-id'))
    })
  }

  it('tells strangers nothing', async () => {
    for (const to of [server, closed]) {
      for (const origin of to === closed ? [...strangers, FRIEND] : strangers) {
        const preflight = { origin, 'access-control-request-method': 'GET' }
        const asked = await to.call('OPTIONS', '/v1/sites', { headers: preflight })
        assert.deepEqual([asked.status, allowed(asked.headers)], [204, null], origin)
        assert.equal(asked.headers.get('access-control-allow-methods'), null)
        const got = await to.call('GET', '/v1/health', { headers: { origin } })
        assert.deepEqual([got.status, allowed(got.headers)], [200, null], origin)
      }
    }
  })
  it('shows a named origin errors as well as answers, and the headers that are ours', async () => {
    const asked: [string, number][] = [
      ['/v1/health', 200],
      ['/v1/sites', 401],
      ['/v1/nothing', 404],
      ['/v1/intelligence/agents', 401],
    ]
    for (const [path, expected] of asked) {
      const { status, headers } = await server.call('GET', path, { headers: { origin: FRIEND } })
      assert.deepEqual([status, allowed(headers)], [expected, FRIEND], path)
      const exposed = headers.get('access-control-expose-headers')!.split(', ')
      for (const name of ['X-Request-Id', 'X-Total-Count', 'Link', 'Content-Range', 'Retry-After'])
        assert.ok(exposed.includes(name), name)
      assert.ok(headers.get('vary')!.includes('Origin'))
    }
  })
  it('never allows credentials that a browser adds by itself', async () => {
    const { headers } = await server.call('GET', '/v1/health', { headers: { origin: FRIEND } })
    assert.equal(headers.get('access-control-allow-credentials'), null)
  })
  it('lets everybody read the documents', async () => {
    const { status, headers } = await closed.call('GET', '/openapi/tellus.json', {
      headers: { origin: 'https://any.example' },
    })
    assert.deepEqual([status, allowed(headers)], [200, '*'])
  })
  it('writes no header that the asking one brought with it', async () => {
    const { headers } = await closed.call('OPTIONS', '/v1/sites', {
      headers: { origin: 'https://evil.example', 'access-control-request-headers': 'x-evil' },
    })
    assert.ok(![...headers.values()].join().includes('evil'))
  })
})
