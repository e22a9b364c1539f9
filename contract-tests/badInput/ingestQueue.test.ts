import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { sample } from '../support/bodies.ts'
import { type Answer, startTestServer, type TestCharger } from '../support/testServer.ts'
import { watchDatabase } from './databaseState.ts'

/** Samples that cannot be written now, or never: whoever was told 200 has its row, nobody else has. */

const QUEUE = 3
const server = await startTestServer({ INGEST_QUEUE: String(QUEUE) })
const { query } = watchDatabase(server.databaseUrl)

/** Holds up every write of samples until it is told to let go. */
async function holdWrites(): Promise<() => Promise<void>> {
  const transaction = await query.transaction()
  let held = true
  const release = async () => {
    if (held) await transaction.rollback()
    held = false
  }
  after(release)
  await transaction.raw('lock table telemetry.readings in access exclusive mode')
  return release
}

const post = (charger: TestCharger, body: unknown): Promise<Answer> =>
  server.call('POST', '/v1/device/telemetry', { token: charger.token, body })

const samplesOf = ({ deviceId }: TestCharger, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    deviceId,
    ...sample({ timestamp: new Date(Date.now() - index * 1000).toISOString(), soc: index }),
  }))

async function storedTimes({ deviceId }: TestCharger): Promise<string[]> {
  const { rows } = await query.raw('select time from telemetry.readings where device_id = ? order by time', [deviceId])
  return rows.map(({ time }: { time: Date }) => time.toISOString())
}

/** Waits for something that another connection or the server has to do first. */
async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 5000
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, 'it did not come about within 5 s')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

const depth = () => server.services.ingest.readings.depth
/** Whether a flush stands before the locked table. */
const isWaiting = async () =>
  (await query.raw(`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`))
    .rows.length > 0

describe('a full ingest queue', () => {
  it('503 with Retry-After beyond its bound; what was taken before is written, once, and the rest may come again', async () => {
    const charger = await server.charger()
    const [first, ...rest] = samplesOf(charger, 30)
    const release = await holdWrites()
    const taken = post(charger, first)
    await until(isWaiting)
    const asked = rest.map(body => post(charger, body).then(answer => ({ answer, body })))
    const done: { answer: Answer; body: (typeof rest)[number] }[] = []
    for (const each of asked) void each.then(result => done.push(result))
    await until(() => done.length === rest.length - QUEUE)

    for (const { answer } of done) {
      assert.deepEqual([answer.status, answer.body.code, answer.body.data], [503, 9003, null])
      assert.ok(Number(answer.headers.get('retry-after')) >= 1)
      assert.ok(answer.headers.get('x-request-id'))
    }
    assert.equal(depth(), QUEUE)
    const refused = done.map(({ body }) => body)
    assert.equal((await server.call('GET', '/v1/health')).status, 200)

    await release()
    assert.equal((await taken).status, 200)
    const answers = await Promise.all(asked)
    const accepted = [first!, ...answers.filter(({ answer }) => answer.status === 200).map(({ body }) => body)]
    assert.equal(accepted.length, QUEUE + 1)
    assert.deepEqual(await storedTimes(charger), accepted.map(({ timestamp }) => timestamp).sort())

    for (const body of refused) assert.equal((await post(charger, body)).status, 200)
    assert.equal((await storedTimes(charger)).length, 30)
  })

  it('an accepted sample that is sent again, because its answer was late, is stored once', async () => {
    const charger = await server.charger()
    const [body] = samplesOf(charger, 1)
    const release = await holdWrites()
    const twice = [post(charger, body), post(charger, body)]
    await until(isWaiting)
    await until(() => depth() === 1)
    await release()
    assert.deepEqual(
      (await Promise.all(twice)).map(({ status }) => status),
      [200, 200],
    )
    assert.equal((await storedTimes(charger)).length, 1)
  })

  it('a charger that hangs up while it waits loses nothing that it was not told, and holds up nobody', async () => {
    const charger = await server.charger()
    const [gone, stays] = samplesOf(charger, 2)
    const release = await holdWrites()
    const hangUp = new AbortController()
    const options = { token: charger.token, body: gone, signal: hangUp.signal }
    const cut = server.call('POST', '/v1/device/telemetry', options).catch(() => 'cut')
    await until(isWaiting)
    hangUp.abort()
    const waiting = post(charger, stays)
    assert.equal(await cut, 'cut')
    await until(() => depth() === 1)
    await release()
    assert.equal((await waiting).status, 200)
    assert.ok((await storedTimes(charger)).includes(stays!.timestamp))
  })
})

describe('a row that the database refuses', () => {
  it('500 for it alone, without the reason; its neighbours in the same flush are written', async () => {
    const refused = 'check (temperature_c is distinct from 66.6)'
    await query.raw(`alter table telemetry.readings add constraint no_such_temperature ${refused} not valid`)
    const chargers = await Promise.all(Array.from({ length: QUEUE }, () => server.charger()))
    const [helper] = samplesOf(chargers[0]!, 2).slice(1)
    const release = await holdWrites()
    const first = post(chargers[0]!, helper)
    await until(isWaiting)
    const together = chargers.map((charger, index) =>
      post(charger, sample({ temperature: index === 1 ? 66.6 : 20 + index })),
    )
    await until(() => depth() === QUEUE)
    await release()
    assert.equal((await first).status, 200)
    const answers = await Promise.all(together)
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 500, 200],
    )
    assert.deepEqual(answers[1]!.body, { code: 9001, message: 'internal error', data: null })
    const counts = await Promise.all(chargers.map(async charger => (await storedTimes(charger)).length))
    assert.deepEqual(counts, [2, 0, 1])
    const { rows } = await query.raw('select 1 from core.connectors where device_id = ? and telemetry_at is not null', [
      chargers[1]!.deviceId,
    ])
    assert.equal(rows.length, 0, 'its live state moved')
    await query.raw('alter table telemetry.readings drop constraint no_such_temperature')
    assert.equal((await post(chargers[1]!, sample({ temperature: 66.6 }))).status, 200)
  })
})
