import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { record, sample, site } from '../support/bodies.ts'
import { type Answer, startTestServer } from '../support/testServer.ts'
import { fillPath, operationsOf } from '../tables/operations.ts'
import { openSubject } from '../tables/subjects/tellus.ts'
import { type State, watchDatabase } from './databaseState.ts'
import { exchange, lines } from './rawSocket.ts'

/** Bodies that cannot be read: the contract's own error, and not a row is written. */

const LIMIT = 1_048_576
const server = await startTestServer()
const subject = await openSubject(server)
const things = await subject.makeThings()
const database = watchDatabase(server.databaseUrl)
const charger = await server.charger()
const operator = await server.operator('admin')

type Body = NonNullable<RequestInit['body']>

interface Target {
  name: string
  method: string
  path: string
  token: string | undefined
  mediaTypes: string[]
}

/** Every implemented operation that takes a body of JSON, with a token that may call it. */
const targets: Target[] = operationsOf('tellus')
  .filter(({ bodies, status }) => bodies['application/json'] !== undefined && status === 'implemented')
  .map(operation => {
    const [scheme] = operation.security.flatMap(Object.keys)
    return {
      name: operation.operationId,
      method: operation.method,
      path: fillPath(operation, things),
      token: scheme === undefined ? undefined : scheme === 'deviceToken' ? charger.token : operator,
      mediaTypes: Object.keys(operation.bodies),
    }
  })

const send = ({ method, path, token }: Target, body: Body, contentType: string | undefined, more = {}) =>
  fetchRaw(method, path, body, {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(contentType === undefined ? {} : { 'content-type': contentType }),
    ...more,
  })

async function fetchRaw(method: string, path: string, body: Body, headers: Record<string, string>): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, { method, body, headers })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

/** The envelope with code 1001 or 1002, or RFC 6749's error where tokens are issued. */
function checkError({ status, headers, body }: Answer, expected: number, { path }: Target): void {
  assert.equal(status, expected, JSON.stringify(body))
  assert.equal(headers.get('content-type'), 'application/json')
  assert.ok(headers.get('x-request-id'))
  if (path.endsWith('/token')) assert.equal(body.error, 'invalid_request')
  else {
    assert.ok([1001, 1002].includes(body.code), String(body.code))
    assert.equal(body.data, null)
  }
}

for (const target of targets) {
  describe(`bodies that ${target.name} cannot read`, () => {
    let state: State
    before(async () => {
      state = await database.state()
    })
    const unreadable = (name: string, expected: number, ...asked: [Body, string | undefined, object?]) =>
      it(`${expected} for ${name}`, async () => checkError(await send(target, ...asked), expected, target))
    const JSON_TYPE = 'application/json'
    unreadable('broken JSON', 400, '{"sn": "a"', JSON_TYPE)
    unreadable('no body', 400, '', JSON_TYPE)
    unreadable('an empty object where fields are required', 400, '{}', JSON_TYPE)
    unreadable('null', 400, 'null', JSON_TYPE)
    unreadable('a list', 400, '[]', JSON_TYPE)
    unreadable('a plain string', 400, '"text"', JSON_TYPE)
    unreadable('JSON of another language', 400, "{sn: 'a'}", JSON_TYPE)
    unreadable('two values', 400, '{} {}', JSON_TYPE)
    unreadable('a byte order mark', 400, '\uFEFF{}', JSON_TYPE)
    unreadable('invalid UTF-8', 400, Buffer.from([0x22, 0xc3, 0x28, 0x22]), JSON_TYPE)
    unreadable('UTF-16', 400, Buffer.from('{}', 'utf16le'), JSON_TYPE)
    unreadable('an overlong NUL', 400, Buffer.from([0x22, 0xc0, 0x80, 0x22]), JSON_TYPE)
    unreadable('nesting of 65', 400, `${'['.repeat(65)}${']'.repeat(65)}`, JSON_TYPE)
    unreadable('nesting of half a million', 400, '['.repeat(500_000), JSON_TYPE)
    unreadable('objects nested 65 deep', 400, `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, JSON_TYPE)
    unreadable('another media type', 415, '<a/>', 'text/xml')
    unreadable('plain text', 415, '{}', 'text/plain')
    unreadable('JSON under no media type', 415, Buffer.from('{}'), undefined)
    unreadable('multipart', 415, '--x\r\n\r\n{}\r\n--x--', 'multipart/form-data; boundary=x')
    unreadable('a relative of JSON', 415, '{}', 'application/jsonp')
    unreadable('another character set', 415, '{}', 'application/json; charset=utf-16')
    unreadable('a compressed body', 415, gzipSync('{}'), JSON_TYPE, { 'content-encoding': 'gzip' })
    unreadable('an unknown coding', 415, '{}', JSON_TYPE, { 'content-encoding': 'rot13' })
    unreadable('a body over the limit', 413, `"${'x'.repeat(LIMIT)}"`, JSON_TYPE)
    if (!target.mediaTypes.includes('application/x-www-form-urlencoded'))
      unreadable('a form', 415, 'sn=a&model=b', 'application/x-www-form-urlencoded')
    it('and not a row is another one', async () => assert.deepEqual(await database.state(), state))
  })
}

describe('bodies that are unusual and right', () => {
  const telemetry: Target = {
    method: 'POST',
    name: '',
    path: '/v1/device/telemetry',
    token: charger.token,
    mediaTypes: [],
  }
  for (const contentType of [
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'Application/JSON',
    'application/json; profile=x',
  ]) {
    it(`200 under ${contentType}`, async () => {
      assert.equal((await send(telemetry, JSON.stringify(sample()), contentType)).status, 200)
    })
  }
  it('200 with spaces around it, names written with escapes and a name given twice', async () => {
    const text = JSON.stringify(sample()).replace('"soc"', '"\\u0073oc"').replace('{', '{"soc": "twice", ')
    assert.equal((await send(telemetry, ` \n\t${text}\r\n `, 'application/json')).status, 200)
  })
  it('200 for nesting of 64 in a field that is not looked at', async () => {
    const deep = `${'['.repeat(63)}${']'.repeat(63)}`
    const text = JSON.stringify(sample()).replace('{', `{"deep": ${deep}, `)
    assert.equal((await send(telemetry, text, 'application/json')).status, 200)
  })
  it('200 for brackets in a string, which are no nesting', async () => {
    const text = JSON.stringify({ ...sample(), note: `${'['.repeat(100)}\\"${'{'.repeat(100)}` })
    assert.equal((await send(telemetry, text, 'application/json')).status, 200)
  })
  it('200 for a body of exactly the limit', async () => {
    const text = JSON.stringify(sample())
    const full = `${text}${' '.repeat(LIMIT - text.length)}`
    assert.equal((await send(telemetry, full, 'application/json')).status, 200)
  })
})

describe('what follows a refused body on the same connection', () => {
  const head = [`Authorization: Bearer ${charger.token}`, 'Content-Type: application/json']
  const first = 'POST /v1/device/telemetry HTTP/1.1'
  const health = lines('GET /v1/health HTTP/1.1')
  const good = JSON.stringify(sample())
  const post = (body: string, type = head) =>
    lines(first, [...type, `Content-Length: ${Buffer.byteLength(body)}`], body)

  it('a good request is answered after broken JSON', async () => {
    const answers = await exchange(server.port, [post('{"broken'), post(good)], 2)
    assert.deepEqual(
      answers.map(({ status }) => status),
      [400, 200],
    )
  })
  it('413 by Content-Length before the body is sent, and the connection closes', async () => {
    const [answer] = await database.unchanged(() =>
      exchange(server.port, [lines(first, [...head, `Content-Length: ${LIMIT + 1}`])]),
    )
    assert.deepEqual([answer!.status, answer!.body.code, answer!.headers.connection], [413, 1001, 'close'])
  })
  it('413 for a chunked body that grows over the limit, and nothing of it is taken for a request', async () => {
    const chunk = `${(64 * 1024).toString(16)}\r\n${' '.repeat(64 * 1024)}\r\n`
    const parts = [lines(first, [...head, 'Transfer-Encoding: chunked']), ...Array(40).fill(chunk), '0\r\n\r\n', health]
    const answers = await database.unchanged(() => exchange(server.port, parts, 2))
    assert.equal(answers[0]!.status, 413)
    assert.ok(answers.length === 1 || answers[1]!.status === 200)
  })
  it('415 before the body is sent, and the body is not taken for the next request', async () => {
    const smuggled = lines('DELETE /v1/health HTTP/1.1')
    const type = [head[0]!, 'Content-Type: text/plain']
    const answers = await exchange(server.port, [post(smuggled, type), health], 2)
    assert.equal(answers[0]!.status, 415)
    assert.ok(answers.slice(1).every(({ status }) => status === 200))
  })
  it('401 for a stranger, whose body nobody reads', async () => {
    const answers = await exchange(server.port, [
      lines(first, [head[1]!, `Content-Length: ${LIMIT * 100}`]),
      ' '.repeat(1000),
    ])
    assert.equal(answers[0]!.status, 401)
  })
  it('a body that ends early writes nothing', async () => {
    await database.unchanged(() =>
      exchange(server.port, [lines(first, [...head, `Content-Length: ${Buffer.byteLength(good) + 5}`], good)]),
    )
  })
  it('417 is not needed: Expect: 100-continue is answered', async () => {
    const body = JSON.stringify(sample({ connector_id: 2 }))
    const parts = [lines(first, [...head, 'Expect: 100-continue', `Content-Length: ${Buffer.byteLength(body)}`]), body]
    assert.equal((await exchange(server.port, parts))[0]!.status, 200)
  })
})

describe('after all of this', () => {
  it('good bodies are still taken', async () => {
    const as = (token: string) => (path: string, body: unknown) => server.call('POST', path, { body, token })
    assert.equal((await as(charger.token)('/v1/device/telemetry', sample())).status, 200)
    assert.equal((await as(charger.token)('/v1/device/charging-records', record())).status, 200)
    assert.equal((await as(operator)('/v1/device/site', site())).status, 200)
  })
})
