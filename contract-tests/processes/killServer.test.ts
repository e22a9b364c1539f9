import assert from 'node:assert/strict'
import { it } from 'node:test'
import { acknowledgements, assertStored, startLoad } from './load.ts'
import { registerCharger } from './requests.ts'
import { startServer } from './serverProcess.ts'
import { embeddedUrl, isRunning, openSeededWorkplace, postmasterPid, query } from './workplace.ts'

const place = openSeededWorkplace()

it('kill -9 of the server under load loses no acknowledged sample, and it starts again on the same data', async () => {
  let server = await startServer(place)
  const [durable] = await query(
    embeddedUrl(place),
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`,
  )
  assert.deepEqual(durable, { fsync: 'on', commit: 'on' })
  const chargers = await Promise.all(Array.from({ length: 8 }, () => registerCharger(server.url)))
  const load = startLoad(() => server.url, chargers)
  for (let round = 1; round <= 3; round++) {
    await acknowledgements(load, load.acknowledged.length + 500)
    const leftBehind = postmasterPid(place)
    assert.equal((await server.kill('SIGKILL')).signal, 'SIGKILL')
    assert.ok(isRunning(leftBehind), 'Postgres is left behind')
    const settled = load.acknowledged.length
    server = await startServer(place)
    assert.ok(!isRunning(leftBehind), 'the Postgres that was left behind is gone')
    await assertStored(embeddedUrl(place), load)
    await acknowledgements(load, settled + 100)
  }
  await load.stop()
  assert.deepEqual(Object.keys(load.statuses), ['200'], [...load.refusals].join())
  await assertStored(embeddedUrl(place), load)
})
