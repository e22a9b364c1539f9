import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import * as deviceLogs from '../../../src/store/deviceLogs.ts'
import { inSeconds } from '../../support/bodies.ts'
import { startTestServer, type TestCharger } from '../../support/testServer.ts'

const server = await startTestServer()
const [token, stranger] = [await server.operator(), await server.operator('other')]
const { db } = server.services
const MOST = 50 * 1024 * 1024
const TEXT = '2026-05-10T13:58:02Z Schütz geschlossen\n'

const ask = async ({ deviceId }: TestCharger): Promise<string> => {
  const body = { command: 'fetch_logs' }
  return (await server.call('POST', `/v1/devices/${deviceId}/commands`, { token, body })).body.data.command_id
}
const poll = async ({ token }: TestCharger) =>
  (await server.call('GET', '/v1/device/commands?wait=0', { token })).body.data
const put = async (url: string, content: string | Buffer, type = 'text/plain') => {
  const response = await fetch(url, { method: 'PUT', body: content, headers: { 'content-type': type } })
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape, looked into by the tests.
  return { status: response.status, body: (await response.json()) as any }
}
const report = ({ token }: TestCharger, command_id: string, more: object = {}) =>
  server.call('POST', '/v1/device/command-status', {
    token,
    body: { command_id, status: 'completed', timestamp: inSeconds(0), ...more },
  })
const find = async (id: string) => (await server.call('GET', `/v1/commands/${id}`, { token })).body.data
const list = ({ deviceId }: TestCharger, as = token, query = '') =>
  server.call('GET', `/v1/devices/${deviceId}/logs${query}`, { token: as })
const download = (deviceId: string, id: string, as = token) =>
  fetch(`${server.url}/v1/devices/${deviceId}/logs/${id}`, { headers: { authorization: `Bearer ${as}` } })

/** A charger with a command for its logs and the URL that came with it. */
async function asked() {
  const charger = await server.charger()
  const commandId = await ask(charger)
  const { params } = await poll(charger)
  return { charger, commandId, url: params.upload_url as string }
}

describe('uploadLog', () => {
  for (const [type, content] of [
    ['text/plain', Buffer.from(TEXT)],
    ['application/octet-stream', randomBytes(4096)],
    ['application/gzip', gzipSync(TEXT)],
  ] as const) {
    it(`200 for ${type}, which the operator gets back byte for byte`, async () => {
      const { charger, commandId, url } = await asked()
      const { status, body } = await put(url, content, type)
      assert.equal(status, 200, JSON.stringify(body))
      const sha256 = createHash('sha256').update(content).digest('hex')
      const { log_id } = body.data
      assert.deepEqual(body.data, { log_id, size_bytes: content.length, sha256 })
      const { items, total } = (await list(charger)).body.data
      const { received_at, ...listed } = items[0]
      assert.equal(total, 1)
      assert.ok(Math.abs(Date.parse(received_at) - Date.now()) < 60_000)
      assert.deepEqual(listed, {
        log_id,
        command_id: commandId,
        content_type: type,
        size_bytes: content.length,
        sha256,
      })
      const response = await download(charger.deviceId, log_id)
      assert.deepEqual([response.status, response.headers.get('content-type')], [200, type])
      assert.match(response.headers.get('content-disposition') ?? '', /^attachment; filename="[\w-]+\.\w+"$/)
      assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), content)
    })
  }

  it('409 the second time, whatever comes, and with every other URL of the command', async () => {
    const charger = await server.charger()
    await ask(charger)
    const heartbeat = async () => {
      const body = { timestamp: inSeconds(0), status: 'online' }
      const answer = await server.call('POST', '/v1/device/heartbeat', { token: charger.token, body })
      return answer.body.data.commands[0].params.upload_url
    }
    const urls = [await heartbeat(), await heartbeat(), (await poll(charger)).params.upload_url]
    assert.equal(new Set(urls).size, 3)
    assert.equal((await put(urls[0], TEXT)).status, 200)
    for (const url of urls) {
      const { status, body } = await put(url, 'another')
      assert.deepEqual([status, body.code, body.data], [409, 4001, null])
    }
    assert.equal((await list(charger)).body.data.total, 1)
  })

  it('takes one of many uploads at the same time', async () => {
    const { charger, url } = await asked()
    const answers = await Promise.all([1, 2, 3, 4].map(each => put(url, `log ${each}`)))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409, 409])
    assert.equal((await list(charger)).body.data.total, 1)
  })

  it('404 for a token that nobody was given and for one that is too old', async () => {
    const { charger, commandId, url } = await asked()
    for (const guess of ['a'.repeat(64), randomUUID(), 'x'])
      assert.equal((await put(`${server.url}/v1/device/uploads/${guess}`, TEXT)).status, 404)
    await expire(commandId)
    assert.equal((await put(url, TEXT)).status, 404)
    assert.equal((await list(charger)).body.data.total, 0)
  })

  it('413 over 50 MB, announced or not, and takes 50 MB', async () => {
    const { charger, url } = await asked()
    const content = Buffer.alloc(MOST + 1, 'x')
    const { status, body } = await put(url, content)
    assert.deepEqual([status, body.code], [413, 1001])
    const stream = new Blob([content]).stream()
    const response = await fetch(url, {
      method: 'PUT',
      body: stream,
      duplex: 'half',
      headers: { 'content-type': 'text/plain' },
    } as RequestInit)
    assert.equal(response.status, 413)
    assert.equal((await put(url, content.subarray(1))).status, 200)
    assert.equal((await list(charger)).body.data.items[0].size_bytes, MOST)
  })

  it('415 for another type, 400 for nothing, and the URL is still good', async () => {
    const { url } = await asked()
    for (const type of ['application/json', 'text/html', 'multipart/form-data; boundary=x'])
      assert.equal((await put(url, TEXT, type)).status, 415)
    const coded = await fetch(url, {
      method: 'PUT',
      body: gzipSync(TEXT),
      headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
    })
    assert.equal(coded.status, 415)
    const empty = await put(url, '')
    assert.deepEqual([empty.status, empty.body.details], [400, { field: 'body' }])
    assert.equal((await put(url, TEXT, 'text/plain; charset=utf-8')).status, 200)
  })

  it('is a secret that is not kept: neither the command nor the log of requests shows its token', async () => {
    const { commandId, url } = await asked()
    await put(url, TEXT)
    const secret = url.split('/').at(-1)!
    assert.match(secret, /^[0-9a-f]{64}$/)
    assert.deepEqual((await find(commandId)).params, {})
    const requests = await server.call('GET', '/v1/debug/requests', { token: await server.operator('admin') })
    const paths = requests.body.data.items.map(({ path }: { path: string }) => path)
    assert.ok(paths.includes('/v1/device/uploads/[redacted]'), JSON.stringify(paths.slice(0, 5)))
    const { rows } = await db.raw(
      `select (select json_agg(c) from core.commands c)::text || (select json_agg(u) from core.log_uploads u)::text as text`,
    )
    assert.ok(!rows[0].text.includes(secret))
  })

  it('has its URL at the host that the charger called', async () => {
    const charger = await server.charger()
    await ask(charger)
    assert.ok((await poll(charger)).params.upload_url.startsWith(`${server.url}/v1/device/uploads/`))
  })

  /** The server's own role may not change a way to upload. */
  async function expire(commandId: string): Promise<void> {
    const { rows } = await db.raw('delete from core.log_uploads where command_id = ? returning token_hash', [commandId])
    for (const { token_hash } of rows) await deviceLogs.openUpload(db, commandId, token_hash, -1)
  }
})

describe('a command for logs', () => {
  it('names the log that came', async () => {
    const { charger, commandId, url } = await asked()
    const { log_id } = (await put(url, TEXT)).body.data
    assert.equal((await report(charger, commandId, { details: { files: 3 } })).status, 200)
    const { status, details, message } = await find(commandId)
    assert.deepEqual([status, details, message], ['completed', { files: 3, log_id }, null])
  })

  it('is taken as completed without an upload, and says that none came', async () => {
    const { charger, commandId } = await asked()
    assert.equal((await report(charger, commandId)).status, 200)
    const { status, details, message } = await find(commandId)
    assert.deepEqual([status, details, message], ['completed', { log_id: null }, 'no log was uploaded'])
  })

  it("keeps the charger's own words", async () => {
    const { charger, commandId } = await asked()
    await report(charger, commandId, { message: 'the disk is empty' })
    const { details, message } = await find(commandId)
    assert.deepEqual([details, message], [{ log_id: null }, 'the disk is empty'])
  })

  it('takes a log that comes after the report', async () => {
    const { charger, commandId, url } = await asked()
    await report(charger, commandId, { details: { files: 3 } })
    const { log_id } = (await put(url, TEXT)).body.data
    const { status, details, message } = await find(commandId)
    assert.deepEqual([status, details, message], ['completed', { files: 3, log_id }, null])
    assert.equal((await list(charger)).body.data.items[0].command_id, commandId)
  })

  it('names the log whichever comes first, when log and report come at once', async () => {
    for (let round = 0; round < 10; round++) {
      const { charger, commandId, url } = await asked()
      const [{ body }] = await Promise.all([put(url, TEXT), report(charger, commandId)])
      const { details, message } = await find(commandId)
      assert.deepEqual([details, message], [{ log_id: body.data.log_id }, null])
    }
  })
})

describe('logs', () => {
  it('are listed newest first, page by page', async () => {
    const charger = await server.charger()
    const ids = []
    for (const text of ['one', 'two', 'three']) {
      await ask(charger)
      ids.unshift((await put((await poll(charger)).params.upload_url, text)).body.data.log_id)
    }
    const first = (await list(charger, token, '?size=2')).body.data
    const second = (await list(charger, token, '?size=2&page=2')).body.data
    const idsOf = (page: { items: { log_id: string }[] }) => page.items.map(({ log_id }) => log_id)
    assert.deepEqual([idsOf(first), idsOf(second), second.total], [ids.slice(0, 2), ids.slice(2), 3])
  })

  it("404 for another tenant, for another charger's log and for what is not there", async () => {
    const { charger, url } = await asked()
    const { log_id } = (await put(url, TEXT)).body.data
    const neighbour = await server.charger()
    assert.equal((await list(charger, stranger)).status, 404)
    for (const [deviceId, id, as] of [
      [charger.deviceId, log_id, stranger],
      [neighbour.deviceId, log_id, token],
      [charger.deviceId, randomUUID(), token],
      [charger.deviceId, 'nonsense', token],
    ])
      assert.equal((await download(deviceId, id, as)).status, 404)
  })

  it('are removed when they are old, with the ways to upload that are closed', async () => {
    const { charger, url } = await asked()
    await put(url, TEXT)
    await deviceLogs.removeOld(db, 30)
    assert.equal((await list(charger)).body.data.total, 1)
    await deviceLogs.removeOld(db, 0)
    assert.equal((await list(charger)).body.data.total, 0)
  })
})
