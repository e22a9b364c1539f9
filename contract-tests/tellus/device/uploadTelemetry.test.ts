import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inSeconds, sample } from '../../support/bodies.ts'
import { startTestServer, type TestCharger } from '../../support/testServer.ts'

const server = await startTestServer()
const console = await server.operator()
const { db } = server.services

const upload = ({ token }: TestCharger, body: unknown) => server.call('POST', '/v1/device/telemetry', { token, body })
const stored = ({ deviceId }: TestCharger) => db('telemetry.readings').where({ device_id: deviceId }).orderBy('time')
const live = async ({ deviceId }: TestCharger, connector = 1) => {
  const { body } = await server.call('GET', `/v1/devices/${deviceId}/connectors`, { token: console })
  return body.data.items.find(({ connector_id }: { connector_id: number }) => connector_id === connector)
}

describe('uploadTelemetry', () => {
  it('200 after the sample is stored and the live state is moved', async () => {
    const charger = await server.charger()
    const body = sample()
    const answer = await upload(charger, body)
    assert.deepEqual([answer.status, answer.body], [200, { code: 0, message: 'success', data: null }])
    const [row] = await stored(charger)
    assert.deepEqual(
      [
        row.time.toISOString(),
        row.state,
        row.voltage_v,
        row.current_a,
        row.power_kw,
        row.energy_delivered_kwh,
        row.soc_percent,
      ],
      [body.timestamp, 'charging', 400, 450, 180, 1.5, 42],
    )
    assert.deepEqual(await live(charger), {
      connector_id: 1,
      status: 'charging',
      power: 180,
      voltage: 400,
      current: 450,
      energy_delivered: 1.5,
      soc: 42,
      temperature: null,
      vehicle_connected: true,
      fault_code: null,
      last_telemetry_time: body.timestamp,
    })
  })
  it('200 for an exact repeat, stored once, however often it comes at the same time', async () => {
    const charger = await server.charger()
    const body = sample({ temperature: 31.5, phase_details: phases(32) })
    for (let round = 0; round < 2; round++) {
      const answers = await Promise.all(Array.from({ length: 8 }, () => upload(charger, body)))
      assert.deepEqual(
        answers.map(({ status }) => status),
        Array(8).fill(200),
      )
    }
    const samePlaces = sample({ ...body, timestamp: body.timestamp.replace('Z', '+00:00') })
    assert.equal((await upload(charger, samePlaces)).status, 200)
    assert.equal((await stored(charger)).length, 1)
  })
  it('409 for the same connector and time with other values, and the first stays', async () => {
    const charger = await server.charger()
    const body = sample({ temperature: 31.5, phase_details: phases(32) })
    await upload(charger, body)
    const changes = [{ power: 181 }, { soc: 43 }, { state: 'idle' }, { temperature: 32 }, { temperature: undefined }]
    for (const change of [...changes, { phase_details: phases(33) }, { fault_code: 203 }]) {
      const { status, body: answer } = await upload(charger, { ...body, ...change })
      assert.deepEqual([status, answer.code, answer.data], [409, 4001, null], JSON.stringify(change))
    }
    const rows = await stored(charger)
    assert.deepEqual([rows.length, rows[0].power_kw, rows[0].soc_percent], [1, 180, 42])
    assert.equal((await live(charger)).power, 180)
  })
  it('of different samples with one key at the same time stores one and refuses the others', async () => {
    const charger = await server.charger()
    const timestamp = inSeconds(0)
    const answers = await Promise.all([1, 2, 3, 4].map(power => upload(charger, sample({ timestamp, power }))))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409, 409])
    const winner = answers.findIndex(({ status }) => status === 200) + 1
    assert.deepEqual(
      (await stored(charger)).map(({ power_kw }) => power_kw),
      [winner],
    )
    assert.equal((await live(charger)).power, winner)
  })
  it('does not take the same time of another connector or charger for a repeat', async () => {
    const [one, two] = [await server.charger(), await server.charger()]
    const body = sample()
    for (const [charger, change] of [
      [one, {}],
      [one, { connector_id: 2 }],
      [two, { power: 7 }],
    ] as const)
      assert.equal((await upload(charger, { ...body, ...change })).status, 200)
    assert.deepEqual([(await stored(one)).length, (await stored(two)).length], [2, 1])
  })
  it('400 for a sample more than 24 hours ahead, and stores nothing', async () => {
    const charger = await server.charger()
    for (const timestamp of [inSeconds(86_460), '9999-12-31T23:59:59Z']) {
      const { status, body } = await upload(charger, sample({ timestamp }))
      assert.deepEqual([status, body.code, body.details.field], [400, 1001, 'timestamp'])
    }
    assert.equal((await stored(charger)).length, 0)
  })
  it('stores a sample more than 5 minutes ahead without touching live state, which goes on to move', async () => {
    const charger = await server.charger()
    await upload(charger, sample({ power: 50 }))
    for (const [seconds, power] of [
      [310, 60],
      [86_000, 70],
    ] as const) {
      assert.equal((await upload(charger, sample({ timestamp: inSeconds(seconds), power }))).status, 200)
      assert.equal((await live(charger)).power, 50)
    }
    assert.equal((await stored(charger)).length, 3)
    await upload(charger, sample({ power: 80 }))
    assert.equal((await live(charger)).power, 80)
  })
  it('moves live state by a sample less than 5 minutes ahead', async () => {
    const charger = await server.charger()
    await upload(charger, sample({ timestamp: inSeconds(280), power: 60 }))
    assert.equal((await live(charger)).power, 60)
  })
  it('stores an older sample and never moves live state back, in whatever order they come', async () => {
    const charger = await server.charger()
    await upload(charger, sample({ timestamp: inSeconds(-10), power: 50 }))
    await upload(charger, sample({ timestamp: inSeconds(-20), power: 40, state: 'fault', fault_code: 203 }))
    const { power, status, fault_code } = await live(charger)
    assert.deepEqual([power, status, fault_code], [50, 'charging', null])
    const times = Array.from({ length: 30 }, (_, index) => index).sort(
      (a, b) => ((a * 7 + 3) % 30) - ((b * 7 + 3) % 30),
    )
    const timestamps = times.map(index => ({ power: index, timestamp: inSeconds(-9 + index / 10) }))
    await Promise.all(timestamps.map(change => upload(charger, sample(change))))
    assert.equal((await live(charger)).power, 29)
    assert.equal((await stored(charger)).length, 32)
  })
  it('creates a connector when it is first seen', async () => {
    const charger = await server.charger('HOME-MADE')
    assert.equal(await live(charger, 3), undefined)
    await upload(charger, sample({ connector_id: 3 }))
    assert.equal((await live(charger, 3)).status, 'charging')
  })
  it('takes every state, and shows `preparing` as idle', async () => {
    const charger = await server.charger()
    for (const state of ['charging', 'discharging', 'fault', 'unavailable', 'idle', 'preparing']) {
      assert.equal((await upload(charger, sample({ state, power: 0 }))).status, 200)
      assert.equal((await live(charger)).status, state === 'preparing' ? 'idle' : state)
    }
    assert.equal((await upload(charger, sample({ state: 'finishing' }))).status, 400)
  })
  it('takes negative power while discharging, and shows it', async () => {
    const charger = await server.charger()
    await upload(charger, sample({ state: 'discharging', power: -60, current: -150 }))
    const { status, power, current } = await live(charger)
    assert.deepEqual([status, power, current], ['discharging', -60, -150])
  })
  it('takes temperature and the details of phases, which are optional', async () => {
    const charger = await server.charger()
    await upload(charger, sample({ temperature: 38.25, phase_details: phases(16) }))
    const [row] = await stored(charger)
    assert.deepEqual([row.temperature_c, row.phase_details], [38.25, phases(16)])
    assert.equal((await live(charger)).temperature, 38.25)
  })
  it('keeps of phases what it knows of, and nothing that could be endless', async () => {
    const charger = await server.charger()
    const phase_a = { voltage: 230, current: 16 }
    await upload(charger, sample({ phase_details: { phase_a: { ...phase_a, junk: 'x' }, phase_d: phase_a } }))
    const [row] = await stored(charger)
    assert.deepEqual(row.phase_details, { phase_a })
  })
  it('shows a fault with its code, as a number and as text, until the fault is over', async () => {
    const charger = await server.charger()
    for (const [fault_code, shown] of [
      [203, 'F-0203'],
      ['F-0411', 'F-0411'],
    ]) {
      assert.equal((await upload(charger, sample({ state: 'fault', power: 0, fault_code }))).status, 200)
      const { status, fault_code: code } = await live(charger)
      assert.deepEqual([status, code], ['fault', shown])
    }
    await upload(charger, sample({ state: 'fault', power: 0 }))
    assert.equal((await live(charger)).fault_code, 'F-0411')
    await upload(charger, sample({ state: 'idle', power: 0 }))
    assert.deepEqual([(await live(charger)).status, (await live(charger)).fault_code], ['idle', null])
  })
  it('400 without a field, for absurd numbers and for times that are none, and stores nothing', async () => {
    const charger = await server.charger()
    for (const field of Object.keys(sample())) {
      const { status, body } = await upload(charger, sample({ [field]: undefined }))
      assert.deepEqual([status, body.code, body.details.field], [400, 1002, field])
    }
    const wrong = [
      { power: 1e9 },
      { soc: 101 },
      { soc: -1 },
      { voltage: '400' },
      { connector_id: 0 },
      { connector_id: 1.5 },
    ]
    const times = [
      { timestamp: 'now' },
      { timestamp: '2026-13-01T00:00:00Z' },
      { timestamp: '2026-05-10' },
      { timestamp: 1 },
    ]
    for (const change of [
      ...wrong,
      ...times,
      { energy_delivered: -1 },
      { fault_code: 'broken' },
      { state: 'idle\0' },
    ]) {
      assert.equal((await upload(charger, sample(change))).status, 400, JSON.stringify(change))
    }
    const nan = JSON.stringify(sample()).replace('180', 'NaN')
    assert.equal((await upload(charger, nan)).status, 400)
    assert.equal((await upload(charger, JSON.stringify(sample()).replace('180', '1e999'))).status, 400)
    assert.equal((await stored(charger)).length, 0)
  })
  it('stores the good samples of a crowd in which one is refused', async () => {
    const charger = await server.charger()
    const bodies = Array.from({ length: 20 }, (_, index) =>
      sample({ timestamp: inSeconds(-index), ...(index === 7 ? { soc: 'full' } : {}) }),
    )
    const answers = await Promise.all(bodies.map(body => upload(charger, body)))
    assert.deepEqual(
      answers.map(({ status }) => status),
      bodies.map((_, index) => (index === 7 ? 400 : 200)),
    )
    assert.equal((await stored(charger)).length, 19)
  })
})

function phases(current: number) {
  const phase = { voltage: 230, current }
  return { phase_a: phase, phase_b: phase, phase_c: phase }
}
