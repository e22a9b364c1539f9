import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { runTwin } from './run.ts'

interface Received {
  path: string
  body: Record<string, unknown>
}

/**
 * Somebody else's server: lets everybody in, and misbehaves as told. `misbehave` returns a status to refuse with, 0 to
 * cut the connection before it is handled, -1 to cut it afterwards, or undefined.
 */
async function standIn(misbehave: (path: string) => number | undefined = () => undefined) {
  const taken: Received[] = []
  const commands: object[] = []
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { pathname } = new URL(request.url!, 'http://localhost')
    const body = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString())
    const fault = misbehave(pathname)
    if (fault === 0) return request.socket.destroy()
    if (fault !== undefined && fault > 0) {
      response.writeHead(fault, { 'Retry-After': '1' }).end('{}')
      return
    }
    taken.push({ path: pathname, body })
    if (fault === -1) return request.socket.destroy()
    const data = reply(pathname)
    if (pathname === '/v1/device/commands' && data === null) await new Promise(resolve => setTimeout(resolve, 100))
    const token = { access_token: 'a'.repeat(64), token_type: 'Bearer', expires_in: 86400 }
    response.end(JSON.stringify(pathname === '/v1/device/token' ? token : { code: 0, message: 'success', data }))
  })
  const reply = (pathname: string) => {
    if (pathname === '/v1/device/register')
      return { device_id: `d${taken.length}`, device_secret: 'b'.repeat(64), expires_in: 86400 }
    if (pathname === '/v1/device/heartbeat') return { commands: [...commands] }
    if (pathname === '/v1/device/commands') return commands[0] ?? null
    return null
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => server.close().closeAllConnections())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const of = (suffix: string) => taken.filter(each => each.path.endsWith(suffix)).map(({ body }) => body)
  return { url, taken, of, commands, server }
}

const QUIET = { faultRate: 0, reconnectRate: 0 }

test('an hour of the past in two seconds: everything arrives, ends now and adds up', async () => {
  const { url, of } = await standIn()
  const summary = await runTwin({ url, chargers: 2, duration: 2, speed: 1800, occupied: 1, limitScale: 2, ...QUIET })
  assert.equal(summary.ok, true, JSON.stringify(summary))
  assert.ok(summary.sessions >= 4)
  assert.equal(of('/charging-records').length, summary.sessions)
  assert.equal(of('/telemetry').length, summary.samples.acknowledged)
  const energy = of('/charging-records').reduce((sum, record) => sum + (record.energy as number), 0)
  assert.ok(Math.abs(energy - summary.energy_kwh) < 0.001)
  const times = of('/telemetry').map(({ timestamp }) => Date.parse(timestamp as string))
  assert.ok(Math.min(...times) < Date.now() - 3_000_000)
  assert.ok(Math.max(...times) <= Date.now() && Math.max(...times) > Date.now() - 60_000)
  assert.equal(of('/heartbeat').at(-1)!.status, 'offline')
})

test('nothing is lost and nothing refused when the server is full, tired, or cuts connections', async () => {
  const trouble: Record<string, number[]> = {
    '/v1/device/telemetry': [429, 0, 503, -1],
    '/v1/device/events': [500, -1, 429],
    '/v1/device/charging-records': [503, -1, 0],
  }
  const { url, of } = await standIn(pathname => trouble[pathname]?.shift())
  const summary = await runTwin({ url, chargers: 1, duration: 1.5, speed: 30, occupied: 1, limitScale: 10, ...QUIET })
  assert.equal(summary.ok, true, JSON.stringify(summary))
  // A cut on a connection that was used before is healed without being counted.
  assert.ok(
    ['429', '500', '503'].every(status => summary.errors[status]! > 0),
    JSON.stringify(summary.errors),
  )
  const ids = of('/charging-records').map(({ record_id }) => record_id)
  assert.equal(new Set(ids).size, summary.records.acknowledged)
})

test('a command that comes again and by both ways is done once, accepted first', async () => {
  const { url, of, commands } = await standIn()
  const expiry = new Date(Date.now() + 60_000).toISOString()
  commands.push({ command_id: 'c1', command: 'set_power_limit', connector_id: 1, params: { power_limit: 7 }, expiry })
  commands.push({ command_id: 'c2', command: 'stop_charging', connector_id: 9, params: {}, expiry })
  commands.push({
    command_id: 'c3',
    command: 'discharge',
    connector_id: 1,
    params: {},
    expiry: new Date(0).toISOString(),
  })
  const summary = await runTwin({ url, chargers: 1, duration: 2, occupied: 0, sessionsPerHour: 0, ...QUIET })
  const reports = of('/command-status').map(({ command_id, status }) => `${command_id} ${status}`)
  assert.deepEqual(reports.sort(), ['c1 accepted', 'c1 completed', 'c2 rejected'])
  assert.deepEqual(summary.commands, { received: 2, completed: 1, rejected: 1, failed: 0 })
})

test('a refusal that a real charger would not expect is told', async () => {
  const { url } = await standIn(pathname => (pathname.endsWith('/events') ? 400 : undefined))
  const summary = await runTwin({ url, chargers: 1, duration: 2, speed: 60, occupied: 1, ...QUIET })
  assert.equal(summary.ok, false)
  assert.equal(summary.refused[0]!.operation, 'reportDeviceEvent')
})

test('credentials and unsent records outlive the run, readable by their owner only', async t => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'twin-'))
  t.after(() => rm(folder, { recursive: true }))
  const stateFile = path.join(folder, 'new', 'twin.json')
  let closed = true
  const { url, of } = await standIn(pathname => (closed && pathname.endsWith('/charging-records') ? 503 : undefined))
  const abort = new AbortController()
  setTimeout(() => abort.abort(), 3500)
  const options = { url, chargers: 1, duration: 2, speed: 600, stateFile, occupied: 1, ...QUIET }
  const first = await runTwin({ ...options, abort: abort.signal })
  assert.equal(first.ok, false)
  assert.ok(first.records.kept > 0)
  assert.equal((await stat(stateFile)).mode & 0o777, 0o600)
  assert.match(await readFile(stateFile, 'utf8'), /device_secret/)
  closed = false
  const second = await runTwin({ ...options, occupied: 0, sessionsPerHour: 0 })
  assert.equal(second.ok, true)
  assert.equal(second.records.acknowledged, first.records.kept)
  assert.equal(of('/register').length, 1)
})

test('no server and closed enrollment are one clear line', async () => {
  const { url } = await standIn(pathname => (pathname.endsWith('/register') ? 401 : undefined))
  await assert.rejects(runTwin({ url, chargers: 1, duration: 1 }), /--operator-token/)
  const stop = AbortSignal.timeout(300)
  await assert.rejects(
    runTwin({ url: 'http://127.0.0.1:9', chargers: 1, duration: 1, signal: stop }),
    /stopped|no server/,
  )
})
