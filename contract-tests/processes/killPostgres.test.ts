import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { acknowledgements, assertStored, startLoad } from './load.ts'
import { type Answer, operatorToken, registerCharger, send } from './requests.ts'
import { startServer } from './serverProcess.ts'
import { embeddedUrl, eventually, kill, openSeededWorkplace, postgresPids, postmasterPid } from './workplace.ts'

const place = openSeededWorkplace()
const server = await startServer(place)
const operator = await operatorToken(server.url, place)
const chargers = await Promise.all(Array.from({ length: 8 }, () => registerCharger(server.url)))
const load = startLoad(() => server.url, chargers)
const visitors = startVisitors()
after(() => Promise.all([load.stop(), visitors.stop()]))

const isReady = async () => (await send('GET', `${server.metricsUrl}/ready`)).status === 200

/** Everybody else who asks for something meanwhile: reads, writes in a transaction, logins. */
function startVisitors(): { answers: Answer[]; stop(): Promise<unknown> } {
  const { deviceId, secret: device_secret, token } = chargers[0]!
  const start = `/v1/devices/${deviceId}/connectors/1/start`
  const login = { device_id: deviceId, device_secret, grant_type: 'client_credentials' }
  const asks: (() => Promise<Answer>)[] = [
    () => send('GET', `${server.url}/v1/sites`, { token: operator }),
    () => {
      const body = { timestamp: new Date().toISOString(), status: 'online', fault_code: 0 }
      return send('POST', `${server.url}/v1/device/heartbeat`, { token, body })
    },
    () => send('POST', `${server.url}${start}`, { token: operator, body: { charge_power: 9, target_soc: 80 } }),
    () =>
      send('POST', `${server.url}${start}`, {
        token: operator,
        body: { charge_power: 9, target_soc: 80 },
        key: randomUUID(),
      }),
    () => send('POST', `${server.url}/v1/device/token`, { body: login }),
    () => send('GET', `${server.url}/v1/device/commands?wait=1`, { token }),
  ]
  const answers: Answer[] = []
  let running = true
  const visits = asks.map(async ask => {
    while (running) {
      answers.push(await ask())
      await delay(20)
    }
  })
  return {
    answers,
    stop() {
      running = false
      return Promise.all(visits)
    },
  }
}

/** Whether another first process than that runs; while one goes and the next comes there is no pid file, or an empty one. */
function hasReplaced(before: number): boolean {
  try {
    const pid = postmasterPid(place)
    return pid > 0 && pid !== before
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return false
  }
}

async function killUnderLoad(pids: () => number[]): Promise<void> {
  await acknowledgements(load, load.acknowledged.length + 300)
  const before = postmasterPid(place)
  const unavailable = load.statuses[503] ?? 0
  pids().forEach(kill)
  await eventually('503 while the database is away', 5000, () => (load.statuses[503] ?? 0) > unavailable)
  await eventually('another Postgres', 10_000, () => hasReplaced(before))
  await acknowledgements(load, load.acknowledged.length + 300)
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
    await acknowledgements(load, load.acknowledged.length + 300)
    await eventually('ready again, with the feed', 5000, isReady)
    await assertStored(embeddedUrl(place), load)
  })
  it('answers 200 or 503 all the time, on connections that hold', async () => {
    await Promise.all([load.stop(), visitors.stop()])
    assert.deepEqual(Object.keys(load.statuses), ['200', '503'], [...load.refusals].join())
    assert.deepEqual(load.broken, {})
    const unavailable = visitors.answers.filter(({ status }) => status !== 200)
    assert.ok(unavailable.length > 10)
    for (const { status, headers, body } of unavailable)
      assert.deepEqual([status, headers['retry-after']], [503, '1'], JSON.stringify(body))
  })
})
