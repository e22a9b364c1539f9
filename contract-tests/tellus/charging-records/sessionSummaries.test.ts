import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { iso, midnight, openArchive } from '../../support/archive.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const archive = await openArchive(server)
const MINUTE = 60_000

const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`)

describe('the summary of a session', () => {
  it('is what is left of it after 90 days: its means, its last counter and its faults', async () => {
    const start = midnight(100) + 600_000
    const end = start + 10 * MINUTE - 5000
    const session = await archive.session(start, end)
    await archive.partitions(midnight(100), midnight(100))
    await session.fill()
    await session.upload(start + 62_000, { state: 'fault', fault_code: 'F-0411', power: 5.5, temperature: 30 })
    await session.device('events', {
      timestamp: iso(start + 61_000),
      event_type: 'fault',
      connector_id: 1,
      data: { fault_code: 411 },
    })
    await archive.run()
    const { items, events, segments, tier, resolution_seconds } = await session.get()
    assert.equal(items.length, 1)
    const { power, voltage, current, soc, ...item } = items[0]
    close(power, 5.5)
    close(voltage, 400)
    close(current, (120 * 100 + 450) / 121)
    close(soc, (120 * 50 + 42) / 121)
    assert.deepEqual(item, {
      timestamp: iso(start),
      connector_id: 1,
      state: 'charging',
      energy_delivered: 119,
      temperature: 30,
    })
    assert.deepEqual(events, [{ code: 'F-0411', time: iso(start + 61_000) }])
    assert.deepEqual([tier, resolution_seconds], ['summary', 595])
    assert.deepEqual(segments, [{ tier: 'summary', resolution_seconds: 595, from: iso(start), to: iso(end) }])
    assert.deepEqual((await session.get(`?to=${iso(start - 1)}`)).items, [])
  })

  it('and minutes are one session on the border of the two', async () => {
    const border = midnight(90)
    const session = await archive.session(border - 30 * MINUTE, border + 2 * MINUTE)
    await archive.partitions(midnight(91), midnight(90))
    await session.fill()
    await archive.run()
    const { items, segments, tier, resolution_seconds } = await session.get()
    assert.deepEqual(
      items.map(({ timestamp }: { timestamp: string }) => timestamp),
      [-30, 0, 1, 2].map(minute => iso(border + minute * MINUTE)),
    )
    assert.deepEqual([tier, resolution_seconds], ['summary', 1800])
    assert.deepEqual(segments, [
      { tier: 'summary', resolution_seconds: 1800, from: iso(border - 30 * MINUTE), to: iso(border) },
      { tier: 'minute', resolution_seconds: 60, from: iso(border), to: iso(border + 2 * MINUTE) },
    ])
  })

  it('takes in what comes when it is long written, and leaves no minute behind', async () => {
    const start = midnight(120)
    const session = await archive.session(start, start + 5 * MINUTE)
    assert.equal(await session.upload(start, { power: 10 }), 200)
    await archive.run()
    assert.deepEqual([(await session.get()).tier, (await session.get()).items[0].power], ['summary', 10])
    for (const minute of [1, 2]) assert.equal(await session.upload(start + minute * MINUTE, { power: 40 }), 200)
    await archive.run()
    const { items, segments } = await session.get()
    assert.deepEqual([items.length, items[0].power], [1, 30])
    assert.deepEqual([segments[0].from, segments[0].to], [iso(start), iso(start + 3 * MINUTE)])
    const { rows } = await archive.owner.raw('select count(*)::int from telemetry.minutes where time < ?', [
      iso(start + 5 * MINUTE),
    ])
    assert.equal(rows[0].count, 0)
  })

  it('is of each session alone, although two share a minute and a charger', async () => {
    const start = midnight(110)
    const [first, second] = [await archive.session(start, start + MINUTE), await archive.session(start, start + MINUTE)]
    await archive.partitions(midnight(110), midnight(110))
    await first.fill()
    await second.upload(start, { power: 99 })
    await second.upload(start, { power: 77, connector_id: 2 })
    await archive.run()
    assert.deepEqual((await second.get()).items[0].power, 99)
    assert.equal((await first.get()).items.length, 1)
    assert.ok(
      (await archive.tables('minutes')).every(
        name => name >= `minutes_${iso(midnight(90)).slice(0, 10).replaceAll('-', '')}`,
      ),
    )
  })
})
