import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { sample } from '../support/bodies.ts'
import { startTestServer } from '../support/testServer.ts'
import { type State, watchDatabase } from './databaseState.ts'
import { exchange, lines } from './rawSocket.ts'

/** Bytes on the wire that are no HTTP, or HTTP that says two things at once. */

const server = await startTestServer()
const database = watchDatabase(server.databaseUrl)
const charger = await server.charger()
const other = await server.charger()

const body = JSON.stringify(sample())
const length = `Content-Length: ${body.length}`
const type = 'Content-Type: application/json'
const bearer = `Authorization: Bearer ${charger.token}`
const first = 'POST /v1/device/telemetry HTTP/1.1'
const refusedAs = async (status: number, ...bytes: (string | Buffer)[]) => {
  const [answer, second] = await exchange(server.port, bytes, 2)
  assert.equal(answer?.status, status, JSON.stringify(answer?.body))
  assert.equal(answer.headers['content-type'], 'application/json')
  assert.deepEqual([answer.body.code, answer.body.data], [status === 401 ? 2001 : 1001, null])
  assert.equal(typeof answer.body.message, 'string')
  assert.ok(answer.headers['x-request-id'])
  assert.equal(second, undefined, 'the rest was taken for another request')
}

describe('the wire', () => {
  let state: State
  before(async () => {
    state = await database.state()
  })

  describe('what is no HTTP', () => {
    const garbage: Record<string, string | Buffer> = {
      'random bytes': Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
      'a line of text': 'hello\r\n\r\n',
      'another protocol': 'SSH-2.0-OpenSSH_9.6\r\n',
      'a version that is none': 'GET /v1/health HTTP/9.9\r\nHost: a\r\n\r\n',
      'a request line of one word': 'GET\r\n\r\n',
      'a method of symbols': '{}() /v1/health HTTP/1.1\r\nHost: a\r\n\r\n',
      'a space in the path': 'GET /v1/he alth HTTP/1.1\r\nHost: a\r\n\r\n',
      'NUL in the path': 'GET /v1/health\0 HTTP/1.1\r\nHost: a\r\n\r\n',
      'NUL in a header': lines('GET /v1/health HTTP/1.1', ['X-A: a\0b']),
      'a header without a colon': lines('GET /v1/health HTTP/1.1', ['nothing']),
      'a header that begins with a space': lines('GET /v1/health HTTP/1.1', [' X-A: b']),
      'a space before the colon': lines('GET /v1/health HTTP/1.1', ['X-A : b']),
      'a bare line feed in a header': lines('GET /v1/health HTTP/1.1', ['X-A: a\rX-B: b']),
    }
    for (const [name, bytes] of Object.entries(garbage)) it(`400 for ${name}`, () => refusedAs(400, bytes))
    it('400 without a Host', () => refusedAs(400, 'GET /v1/health HTTP/1.1\r\n\r\n'))
  })

  it('serves a whole address as the path in it, as a proxy may send it', async () => {
    for (const [target, status] of [
      ['http://a.example/v1/health?x=1', 200],
      ['HTTPS://a.example:8080/v1/devices', 401],
      ['http://a.example?x=1', 302],
    ] as const) {
      const [answer] = await exchange(server.port, [`GET ${target} HTTP/1.1\r\nHost: a.example\r\n\r\n`])
      assert.equal(answer!.status, status, target)
    }
  })

  describe('what says two things at once', () => {
    it('400 for two lengths', () => refusedAs(400, lines(first, [bearer, type, length, 'Content-Length: 5'], body)))
    it('400 for the same length twice', () => refusedAs(400, lines(first, [bearer, type, length, length], body)))
    it('400 for a length and chunks', () =>
      refusedAs(400, lines(first, [bearer, type, length, 'Transfer-Encoding: chunked'], `0\r\n\r\n${body}`)))
    it('400 for chunks that are not the last coding', () =>
      refusedAs(400, lines(first, [bearer, type, 'Transfer-Encoding: chunked, identity'], '0\r\n\r\n')))
    it('400 for a length that is no number', () =>
      refusedAs(400, lines(first, [bearer, type, 'Content-Length: 1e1'], body)))
    it('400 for a negative length', () => refusedAs(400, lines(first, [bearer, type, 'Content-Length: -1'], body)))
    it('400 for a broken chunk', () =>
      refusedAs(400, lines(first, [bearer, type, 'Transfer-Encoding: chunked'], `zz\r\n${body}\r\n0\r\n\r\n`)))
    for (const [name, twice] of Object.entries({
      Authorization: [bearer, `Authorization: Bearer ${other.token}`],
      'Authorization, in two spellings': [bearer, bearer.replace('Authorization', 'aUTHORIZATION')],
      'Content-Type': [bearer, 'Content-Type: text/plain'],
      'Idempotency-Key': [bearer, 'Idempotency-Key: a', 'Idempotency-Key: b'],
      Host: [bearer, 'Host: elsewhere'],
    })) {
      it(`400 for a second ${name}`, () =>
        exchange(server.port, [lines(first, [...twice, type, length], body)]).then(([answer]) => {
          assert.deepEqual([answer?.status, answer?.body.code], [400, 1001])
        }))
    }
  })

  describe('what is too long', () => {
    const huge = 'x'.repeat(200_000)
    it('431 for a path', () => refusedAs(431, `GET /v1/devices/${huge} HTTP/1.1\r\nHost: a\r\n\r\n`))
    it('431 for a query', () => refusedAs(431, `GET /v1/sites?page=${huge} HTTP/1.1\r\nHost: a\r\n\r\n`))
    it('431 for a header', () => refusedAs(431, lines('GET /v1/health HTTP/1.1', [`X-A: ${huge}`])))
    it('431 for a token', () => refusedAs(431, lines('GET /v1/sites HTTP/1.1', [`Authorization: Bearer ${huge}`])))
    it('431 for many headers together', () => {
      const many = Array.from({ length: 5000 }, (_, index) => `X-${index}: ${'y'.repeat(50)}`)
      return refusedAs(431, lines('GET /v1/health HTTP/1.1', many))
    })
    it('401, not worse, for a token just within it', () =>
      refusedAs(401, lines('GET /v1/sites HTTP/1.1', [`Authorization: Bearer ${'x'.repeat(90_000)}`])))
  })

  describe('what is unusual', () => {
    it('an offer of HTTP/2 on a plain connection is passed over', async () => {
      const offer = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA']
      const [answer] = await exchange(server.port, [lines('GET /v1/health HTTP/1.1', offer)])
      assert.equal(answer?.status, 200)
    })
    it('404 in JSON for a WebSocket where there is none', () =>
      exchange(server.port, [
        lines('GET /v1/health HTTP/1.1', [
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        ]),
      ]).then(([answer]) => {
        assert.deepEqual([answer?.status, answer?.body?.code], [404, 3001])
        assert.ok(answer?.headers['x-request-id'])
      }))
    it('an expectation that nobody knows is passed over', async () => {
      const [answer] = await exchange(server.port, [lines('GET /v1/health HTTP/1.1', ['Expect: the-unexpected'])])
      assert.equal(answer?.status, 200)
    })
    it('HTTP/1.0 is answered', async () => {
      const [answer] = await exchange(server.port, ['GET /v1/health HTTP/1.0\r\n\r\n'])
      assert.equal(answer?.status, 200)
    })
    it('requests that were sent without waiting are answered in their order', async () => {
      const requests = ['/v1/health', '/nothing', '/v1/sites', '/v1/health'].map(path => lines(`GET ${path} HTTP/1.1`))
      const answers = await exchange(server.port, [requests.join('')], 4)
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 404, 401, 200],
      )
    })
    it('a connection that is cut in the middle of a header, or never says a word, harms nobody', async () => {
      assert.deepEqual(await exchange(server.port, ['GET /v1/hea']), [])
      assert.deepEqual(await exchange(server.port, []), [])
      assert.equal((await server.call('GET', '/v1/health')).status, 200)
    })
  })

  it('and not a row is another one', async () => assert.deepEqual(await database.state(), state))
})
