import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type LoggedRequest, RequestLog } from './requestLog.ts'

const TENANT = 'a tenant'

const request = (change: Partial<LoggedRequest>): LoggedRequest => ({
  at: 0,
  method: 'POST',
  path: '/v1/device/telemetry',
  search: '',
  headers: {},
  requestId: '1',
  operationId: 'uploadTelemetry',
  status: 200,
  milliseconds: 1,
  caller: 'device:1',
  body: undefined,
  ...change,
})

/** How the log shows a request. */
function shown(change: Partial<LoggedRequest>) {
  const log = new RequestLog()
  log.add(TENANT, request(change))
  return log.list(TENANT)[0]!
}

describe('the request log', () => {
  it('shows of a path, a query and a header that are longer than 4096 characters the beginning and the length', () => {
    const { path, request_headers } = shown({
      path: '/v1/sites',
      search: `n=${"'".repeat(30_000)}`,
      headers: { 'x-note': 'x'.repeat(90_000), referer: `https://example.com/${'x'.repeat(90_000)}?a=1` },
    })
    assert.match(path, /^\/v1\/sites\?n=(%27)+%?2?\[90012 characters\]$/)
    for (const text of [path, ...Object.values(request_headers)]) assert.ok(text.length < 5000)
  })
  it('keeps of a body that is longer than 4096 characters nothing but its length', () => {
    const text = (length: number) => JSON.stringify('x'.repeat(length - 2))
    assert.equal(shown({ body: text(4096) }).request_body, 'x'.repeat(4094))
    const long = request({ body: text(4097) })
    const log = new RequestLog()
    log.add(TENANT, long)
    assert.equal(long.body, 4097)
    assert.equal(log.list(TENANT)[0]!.request_body, '[4097 characters]')
  })
  it('shows a body as its JSON, without secrets at any depth', () => {
    const body = JSON.stringify({ soc: 42, parts: [{ 'api-key': 'k', inner: { client_secret: ['s'] } }] })
    assert.deepEqual(shown({ body }).request_body, {
      soc: 42,
      parts: [{ 'api-key': '[redacted]', inner: { client_secret: '[redacted]' } }],
    })
  })
  it('shows nothing of a body that is no JSON, in which no secret could be found', () => {
    for (const body of ['client_secret=s', '{"client_secret":"s"', undefined])
      assert.equal(shown({ body }).request_body, null)
  })
  it('shows no header that carries a secret', () => {
    const secret = ['authorization', 'cookie', 'proxy-authorization', 'sec-websocket-protocol', 'apikey', 'x-api-key']
    const names = [...secret, 'x-auth-token', 'x-client-secret', 'x-forwarded-authorization']
    const headers = Object.fromEntries(names.map(name => [name, 'hidden']))
    assert.deepEqual(shown({ headers: { ...headers, 'user-agent': 'shown' } }).request_headers, {
      ...Object.fromEntries(names.map(name => [name, '[redacted]'])),
      'user-agent': 'shown',
    })
  })
  it('shows the address that a request refers to without the secrets in its query', () => {
    const refererOf = (referer: string) => shown({ headers: { referer } }).request_headers.referer
    assert.equal(refererOf('https://console.example/sites'), 'https://console.example/sites')
    assert.equal(
      refererOf('https://console.example/live?token=hidden&size=1'),
      'https://console.example/live?token=%5Bredacted%5D&size=1',
    )
  })
})
