import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { runOcppTwin } from '../../twin/ocpp/run.ts'
import { eventually } from '../processes/workplace.ts'
import { startTestServer } from '../support/testServer.ts'

const root = join(import.meta.dirname, '..', '..')
const server = await startTestServer({ PROXY_ALLOWED_HOSTS: 'csms.example.com:443' })
const folder = await mkdtemp(join(tmpdir(), 'voltspec-guides-'))
await mkdir(join(folder, '.data'))
await writeFile(join(folder, '.data/credentials.json'), JSON.stringify(server.credentials))
await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
after(() => rm(folder, { recursive: true, force: true }))

/** The code of a guide in a language, with the server of this test in place of the reader's. */
async function codeOf(guide: string, language: string): Promise<string[]> {
  const markdown = await readFile(join(root, `docs-site/guides/${guide}.md`), 'utf8')
  const { host } = new URL(server.url)
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(match => match[1] === language)
    .map(match =>
      match[2]!
        .replaceAll('127.0.0.1:8080', host)
        .replaceAll('npm run twin --', `node ${join(root, 'twin/main.ts')} --url ${server.url}`),
    )
}

interface Printed {
  output: string
  complaints: string
}

/** Runs a program where the guide's reader stands. @throws AssertionError when it fails */
async function run(program: string, parameters: string[]): Promise<Printed> {
  const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` }
  const child = spawn(program, parameters, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, complaints, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  assert.equal(status, 0, `${complaints}\n${output}`)
  return { output, complaints }
}

describe('every example of the OCPP guide works', () => {
  it('in the shell, with the station of the guide', { timeout: 90_000 }, async () => {
    const [station] = await codeOf('ocpp', 'js')
    await writeFile(join(folder, 'station.mjs'), station!)
    const { output } = await run('bash', ['-c', `set -e\n${(await codeOf('ocpp', 'sh')).join('')}`])
    assert.doesNotMatch(output, /"error"/)
    for (const said of [
      /"TriggerMessage"/,
      /"status":"online"/,
      /"status":"result"/,
      /"strategy":"equal_share"/,
      /"upstreamProtocol":"ocpp2\.0\.1"/,
      /5 by ocpp1\.6/,
      /5 by ocpp2\.0\.1/,
    ])
      assert.match(output, said)
    assert.doesNotMatch(output, /refused/)
  })
})

describe('every example of the board guide works', () => {
  const ends = new AbortController()
  let twin: ReturnType<typeof runOcppTwin>
  before(async () => {
    twin = runOcppTwin({
      url: server.url,
      protocol: 'ocpp1.6',
      chargers: 1,
      password: server.credentials.ocpp.password,
      identities: ['CP-001'],
      settings: { MeterValueSampleInterval: '1' },
      occupied: 1,
      occupiedWithin: 2,
      faultRate: 0,
      reconnectRate: 0,
      signal: ends.signal,
    })
    await eventually('messages', 60_000, async () => {
      const { db } = server.services
      return (await db('ocpp.messages').where({ identity: 'CP-001', method: 'MeterValues' })).length > 3
    })
  })
  after(async () => {
    ends.abort()
    await twin
  })

  it('in a browser', async () => {
    const login = { body: { token: server.credentials.board.token } }
    const { sessionId } = (await server.call('POST', '/api/auth/login', login)).body
    const page = await openPage(sessionId)
    const examples = await codeOf('board', 'js')
    const printed = await Promise.all(
      examples.map(async (example, index) => {
        const file = join(folder, `page${index}.mjs`)
        await writeFile(file, browserAt(page.url) + example)
        return (await run(process.execPath, ['--experimental-eventsource', file])).output
      }),
    )
    page.close()
    assert.match(printed[0]!, /connected[\s\S]*CP-001 IN CALL MeterValues/)
    assert.match(printed[1]!, /^\d/m)
  })

  it('in the shell', { timeout: 60_000 }, async () => {
    const { output } = await run('bash', ['-c', `set -e\n${(await codeOf('board', 'sh')).join('')}`])
    assert.doesNotMatch(output, /"error"/)
    for (const said of [/"authenticated":true/, /event: message/, /"HeartbeatInterval"/, /Connection terminated/])
      assert.match(output, said)
    const lines = await readFile(join(folder, 'messages.ndjson'), 'utf8')
    assert.ok(lines.trimEnd().split('\n').length > 10)
    assert.match(await readFile(join(folder, 'messages.csv'), 'utf8'), /^id,timestamp,identity/)
  })
})

/** What a browser adds to a script of a page: the page's address, and a visit that ends. */
const browserAt = (url: string) => `
const Native = globalThis.EventSource
globalThis.EventSource = class extends Native {
  constructor(path) { super(new URL(path, '${url}')) }
}
setTimeout(() => process.exit(0), 6000)
`

/** A page's host that sends the browser's cookie along. */
async function openPage(sessionId: string): Promise<{ url: string; close(): void }> {
  const { hostname, port } = new URL(server.url)
  const page = http.createServer((request, response) => {
    const headers = { ...request.headers, cookie: `board-session=${sessionId}` }
    const inner = http.request({ hostname, port, path: request.url, method: request.method, headers }, answer => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    response.on('close', () => inner.destroy())
    inner.on('error', () => response.destroy())
    inner.end()
  })
  page.listen(0, '127.0.0.1')
  await once(page, 'listening')
  return {
    url: `http://127.0.0.1:${(page.address() as AddressInfo).port}`,
    close: () => page.close().closeAllConnections(),
  }
}
