import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { acknowledgements, assertStored, startLoad } from './load.ts'
import { registerCharger, send } from './requests.ts'
import { startServer } from './serverProcess.ts'
import { embeddedUrl, eventually, openWorkplace, postgresPids, postmasterPid } from './workplace.ts'

const place = openWorkplace()
const server = await startServer(place)
const chargers = await Promise.all(Array.from({ length: 8 }, () => registerCharger(server.url)))
const load = startLoad(() => server.url, chargers)
after(() => load.stop())

const isReady = async () => (await send('GET', `${server.metricsUrl}/ready`)).status === 200

async function killUnderLoad(pids: () => number[]): Promise<void> {
  await acknowledgements(load, load.acknowledged.length + 500)
  const before = postmasterPid(place)
  const unavailable = load.statuses[503] ?? 0
  for (const pid of pids()) process.kill(pid, 'SIGKILL')
  await eventually('503 while the database is away', 5000, () => (load.statuses[503] ?? 0) > unavailable)
  await eventually('another Postgres', 10_000, () => postmasterPid(place) !== before)
  await acknowledgements(load, load.acknowledged.length + 500)
  await eventually('ready again, with the feed', 5000, isReady)
  await assertStored(embeddedUrl(place), load)
}

describe('kill -9 of Postgres under load: no acknowledged sample is lost and the server recovers by itself', () => {
  it('all its processes', () => killUnderLoad(() => postgresPids(place)))
  it('its first process alone', () => killUnderLoad(() => [postmasterPid(place)]))
  it('one of its workers, upon which Postgres restarts itself', async () => {
    await acknowledgements(load, load.acknowledged.length + 200)
    const worker = postgresPids(place).find(pid => pid !== postmasterPid(place))!
    process.kill(worker, 'SIGKILL')
    await acknowledgements(load, load.acknowledged.length + 500)
    await eventually('ready again, with the feed', 5000, isReady)
    await assertStored(embeddedUrl(place), load)
  })
  it('answers 200 or 503 all the time, on connections that hold', async () => {
    await load.stop()
    assert.deepEqual(Object.keys(load.statuses), ['200', '503'], [...load.refusals].join())
    assert.deepEqual(load.broken, {})
  })
})
