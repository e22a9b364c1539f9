import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DAY, iso, midnight, openArchive } from '../../support/archive.ts'
import { componentHealth } from '../../support/bodies.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const archive = await openArchive(server)
await archive.partitions(midnight(60), midnight(31))
const MINUTE = 60_000

describe('the minutes of a session', () => {
  it('are means, in a session that is otherwise the same', async () => {
    const start = midnight(40) + 600_000
    const session = await archive.session(start, start + 5 * MINUTE - 5000)
    await session.fill()
    const raw = await session.get()
    assert.deepEqual([raw.items.length, raw.tier], [60, 'raw'])
    await archive.run()
    const { items, segments, tier, resolution_seconds } = await session.get()
    assert.deepEqual([tier, resolution_seconds], ['minute', 60])
    assert.deepEqual(segments, [
      { tier: 'minute', resolution_seconds: 60, from: iso(start), to: iso(start + 5 * MINUTE - 5000) },
    ])
    assert.equal(items.length, 5)
    assert.deepEqual(items[1], {
      timestamp: iso(start + MINUTE),
      connector_id: 1,
      state: 'charging',
      voltage: 400,
      current: 100,
      power: 5.5,
      energy_delivered: 23,
      soc: 50,
      temperature: 30,
      component_health: componentHealth({ cooling_fan_rpm: 1 }),
    })
    assert.equal(
      (await archive.tables('readings'))[0],
      `readings_${iso(midnight(30)).slice(0, 10).replaceAll('-', '')}`,
    )
  })

  it('and what is raw are one session, without a gap or a repetition', async () => {
    const border = midnight(30)
    const session = await archive.session(border - 2 * MINUTE - 25_000, border + 25_000)
    await archive.partitions(midnight(31), midnight(30))
    await session.fill()
    await archive.run()
    const { items, segments, tier, resolution_seconds } = await session.get()
    assert.deepEqual(
      items.map(({ timestamp }: { timestamp: string }) => timestamp),
      [-145, -120, -60, 0, 5, 10, 15, 20, 25].map(second => iso(border + second * 1000)),
    )
    assert.deepEqual([tier, resolution_seconds], ['minute', 60])
    assert.deepEqual(segments, [
      { tier: 'minute', resolution_seconds: 60, from: iso(border - 145_000), to: iso(border) },
      { tier: 'raw', resolution_seconds: 5, from: iso(border), to: iso(border + 25_000) },
    ])
    const part = await session.get(`?from=${iso(border - 30_000)}&to=${iso(border + 5000)}`)
    assert.deepEqual(
      part.items.map(({ timestamp }: { timestamp: string }) => timestamp),
      [-30, 0, 5].map(second => iso(border + second * 1000)),
    )
  })

  it('keep what was reported of the parts, and tell of faults', async () => {
    const start = midnight(45)
    const session = await archive.session(start, start + 10 * MINUTE)
    await archive.partitions(midnight(45), midnight(45))
    await session.fill()
    const fault = { state: 'fault', fault_code: 'F-0411' }
    for (const second of [62, 63, 122]) assert.equal(await session.upload(start + second * 1000, fault), 200)
    const events = [
      { code: 'F-0411', time: iso(start + 62_000) },
      { code: 'F-0411', time: iso(start + 122_000) },
    ]
    const before = await session.history(start, start + 10 * MINUTE)
    assert.deepEqual([before.total, (await session.get()).events], [60, events])
    await archive.run()
    assert.deepEqual(
      (await session.get()).events,
      [events[0]],
      'what stands in one minute after the other is one fault',
    )
    const { items, total } = await session.history(start, start + 10 * MINUTE)
    assert.equal(total, 10)
    assert.deepEqual(
      items.map(({ timestamp, component_health }: { timestamp: string; component_health: object }) => ({
        timestamp,
        component_health,
      })),
      Array.from({ length: 10 }, (_value, minute) => ({
        timestamp: iso(start + minute * MINUTE + 50_000),
        component_health: componentHealth({ cooling_fan_rpm: minute }),
      })),
    )
    const latest = await server.call('GET', `/v1/devices/${session.deviceId}/component-health`, {
      token: await server.operator(),
    })
    assert.equal(latest.body.data.component_health.cooling_fan_rpm, 10)
  })

  it('keep the first fault of each, with its own code and time', async () => {
    const start = midnight(46)
    const session = await archive.session(start, start + 3 * MINUTE)
    await archive.partitions(midnight(46), midnight(46))
    await session.fill()
    const fail = (second: number, fault_code: string) =>
      session.upload(start + second * 1000, { state: 'fault', fault_code })
    for (const [second, code] of [
      [67, 'F-0999'],
      [92, 'F-0411'],
      [132, 'F-0204'],
    ] as const)
      assert.equal(await fail(second, code), 200)
    await archive.run()
    const first = { code: 'F-0999', time: iso(start + 67_000) }
    assert.deepEqual((await session.get()).events, [first, { code: 'F-0204', time: iso(start + 132_000) }])
    assert.equal(await fail(127, 'F-0500'), 200)
    assert.equal(await fail(98, 'F-0100'), 200)
    await archive.run()
    assert.deepEqual((await session.get()).events, [first, { code: 'F-0500', time: iso(start + 127_000) }])
  })

  it('take in what comes when they are long written', async () => {
    const start = midnight(50)
    const session = await archive.session(start, start + 3 * MINUTE)
    await archive.run()
    for (const [second, power] of [
      [0, 10],
      [5, 20],
    ])
      assert.equal(await session.upload(start + second! * 1000, { power }), 200)
    assert.deepEqual((await session.get()).tier, 'raw', 'it is read where it fell')
    await archive.run()
    assert.equal(await session.upload(start + 10_000, { power: 60, temperature: 40 }), 200)
    assert.equal(await session.upload(start + 70_000, { power: 7 }), 200)
    await archive.run()
    const { items, tier } = await session.get()
    assert.equal(tier, 'minute')
    assert.deepEqual(
      items.map(({ power, temperature }: { power: number; temperature?: number }) => [power, temperature]),
      [
        [30, 40],
        [7, undefined],
      ],
    )
    const { rows } = await archive.owner.raw('select count(*)::int from telemetry.readings_default')
    assert.equal(rows[0].count, 0)
  })

  it('are left alone by a second run', async () => {
    const start = midnight(38)
    const session = await archive.session(start, start + 5 * MINUTE)
    await archive.partitions(midnight(38), midnight(38))
    await session.fill()
    await archive.run()
    const first = await session.get()
    await archive.run()
    assert.deepEqual(await session.get(), first)
    assert.equal(first.items.length, 6)
  })
})

describe('what is recent', () => {
  it('stays as it came, and its partition with it', async () => {
    const start = midnight(29) + DAY / 2
    const session = await archive.session(start, start + MINUTE)
    await session.fill()
    await archive.run()
    assert.deepEqual([(await session.get()).items.length, (await session.get()).tier], [13, 'raw'])
  })

  it('cannot be taken away by the application role', async () => {
    const client = await archive.connection()
    try {
      const today = iso(Date.now()).slice(0, 10)
      const recent = iso(midnight(5)).slice(0, 10)
      await assert.rejects(client.query('select telemetry.compact_readings($1)', [today]), /is not over/)
      await assert.rejects(client.query('select telemetry.detach_readings($1)', [recent]), /has no minutes/)
      await assert.rejects(client.query('select telemetry.settle_readings($1)', [recent]), /is not detached/)
      await assert.rejects(client.query('drop table telemetry.readings_default'), /must be owner/)
      await assert.rejects(client.query('delete from telemetry.minutes'), /permission denied/)
    } finally {
      await client.end()
    }
  })
})
