import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { record, site } from '../../support/bodies.ts'
import { startTestServer, type TestCharger } from '../../support/testServer.ts'

const server = await startTestServer()
const token = await server.operator()

/** A site of the demo tenant and a charger on it. */
async function place(change: object = {}) {
  const charger = await server.charger()
  const body = site({ device_ids: [charger.deviceId], ...change })
  await server.call('POST', '/v1/device/site', { token, body })
  return { charger, siteId: body.site_id, name: body.name }
}
async function upload(charger: TestCharger, start_time: string, change: object = {}): Promise<void> {
  const end_time = new Date(Date.parse(start_time) + 90 * 60_000).toISOString()
  const body = record({ start_time, end_time, ...change })
  const { status } = await server.call('POST', '/v1/device/charging-records', { token: charger.token, body })
  assert.equal(status, 200)
}
async function ask(query: Record<string, string>, as = token) {
  return server.call('GET', `/v1/aggregated/energy?${new URLSearchParams(query)}`, { token: as })
}
const day = { start_time: '2026-03-01T00:00:00Z', end_time: '2026-03-02T00:00:00Z' }

describe('getAggregatedEnergy', () => {
  it('200 with a point for each hour that has records, which count whole where they start', async () => {
    const { charger, siteId } = await place()
    await upload(charger, '2026-03-01T10:00:00Z', { energy: 10.1, max_power: 90 })
    await upload(charger, '2026-03-01T10:59:59.999Z', { energy: 20.2, discharge_energy: 3.3, max_power: 120 })
    await upload(charger, '2026-03-01T12:30:00Z', { energy: 0, discharge_energy: 5.8, max_power: 60, cost: -2 })
    const { status, body } = await ask({ ...day, site_ids: siteId })
    assert.equal(status, 200)
    assert.deepEqual(body, {
      code: 0,
      message: 'success',
      data: {
        granularity: 'hour',
        timezone: 'UTC',
        series: [
          { timestamp: '2026-03-01T10:00:00.000Z', charge_energy: 30.3, discharge_energy: 3.3, max_power: 120 },
          { timestamp: '2026-03-01T12:00:00.000Z', charge_energy: 0, discharge_energy: 5.8, max_power: 60 },
        ],
        total: { charge_energy: 30.3, discharge_energy: 9.1, max_power: 120 },
      },
    })
  })
  it('counts from start_time inclusive to end_time exclusive', async () => {
    const { charger, siteId } = await place()
    for (const [start, energy] of [
      ['2026-03-01T00:00:00Z', 1],
      ['2026-03-01T23:59:59.999Z', 2],
      ['2026-03-02T00:00:00Z', 4],
      ['2026-02-28T23:59:59.999Z', 8],
    ] as const)
      await upload(charger, start, { energy })
    assert.equal((await ask({ ...day, site_ids: siteId })).body.data.total.charge_energy, 3)
    const offset = { start_time: '2026-03-02T01:00:00+01:00', end_time: '2026-03-03T00:00:00Z' }
    assert.equal((await ask({ ...offset, site_ids: siteId })).body.data.total.charge_energy, 4)
  })
  it('cuts days in the asked zone, also on those with 23 and 25 hours', async () => {
    const { charger, siteId } = await place()
    const edges = {
      '2026-03-27T23:59:59Z': '2026-03-27T00:00:00.000Z',
      '2026-03-28T00:00:00Z': '2026-03-28T00:00:00.000Z',
      '2026-03-29T00:00:00Z': '2026-03-29T00:00:00.000Z',
      '2026-03-29T22:59:59Z': '2026-03-29T00:00:00.000Z',
      '2026-03-29T23:00:00Z': '2026-03-29T23:00:00.000Z',
      '2026-10-24T22:59:59Z': '2026-10-23T23:00:00.000Z',
      '2026-10-24T23:00:00Z': '2026-10-24T23:00:00.000Z',
      '2026-10-25T23:59:59Z': '2026-10-24T23:00:00.000Z',
      '2026-10-26T00:00:00Z': '2026-10-26T00:00:00.000Z',
    }
    const expected: Record<string, number> = {}
    for (const [start, bucket] of Object.entries(edges)) {
      await upload(charger, start, { energy: 1 })
      expected[bucket] = (expected[bucket] ?? 0) + 1
    }
    const query = {
      granularity: 'day',
      tz: 'Europe/London',
      start_time: '2026-03-01T00:00:00Z',
      end_time: '2026-11-01T00:00:00Z',
    }
    const { data } = (await ask({ ...query, site_ids: siteId })).body
    assert.deepEqual(
      Object.fromEntries(
        data.series.map((point: { timestamp: string; charge_energy: number }) => [
          point.timestamp,
          point.charge_energy,
        ]),
      ),
      expected,
    )
    assert.deepEqual([data.timezone, data.total.charge_energy], ['Europe/London', 9])
  })
  it('keeps the two hours apart that a clock shows twice', async () => {
    const { charger, siteId } = await place()
    for (const start of ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z']) await upload(charger, start, { energy: 1 })
    const query = { tz: 'Europe/London', start_time: '2026-10-25T00:00:00Z', end_time: '2026-10-26T00:00:00Z' }
    const { series } = (await ask({ ...query, site_ids: siteId })).body.data
    assert.deepEqual(
      series.map(({ timestamp }: { timestamp: string }) => timestamp),
      ['2026-10-25T00:00:00.000Z', '2026-10-25T01:00:00.000Z'],
    )
  })
  it('cuts hours where the zone is half an hour off, and months where it is ahead', async () => {
    const { charger, siteId } = await place()
    await upload(charger, '2026-05-31T18:20:00Z', { energy: 1 })
    await upload(charger, '2026-05-31T18:10:00Z', { energy: 2 })
    const query = {
      tz: 'Asia/Kathmandu',
      site_ids: siteId,
      start_time: '2026-05-01T00:00:00Z',
      end_time: '2026-06-02T00:00:00Z',
    }
    const stamps = async (granularity: string) =>
      (await ask({ ...query, granularity })).body.data.series.map(
        ({ timestamp, charge_energy }: { timestamp: string; charge_energy: number }) => [timestamp, charge_energy],
      )
    assert.deepEqual(await stamps('hour'), [
      ['2026-05-31T17:15:00.000Z', 2],
      ['2026-05-31T18:15:00.000Z', 1],
    ])
    assert.deepEqual(await stamps('month'), [
      ['2026-04-30T18:15:00.000Z', 2],
      ['2026-05-31T18:15:00.000Z', 1],
    ])
  })
  it('has totals that equal the records of the period, in every granularity', async () => {
    const period = {
      start_time: new Date(Date.now() - 20 * 86_400_000).toISOString(),
      end_time: new Date().toISOString(),
    }
    const sums = { charge_energy: 0, discharge_energy: 0, max_power: 0 }
    for (let page = 1; ; page++) {
      const { items } = (
        await server.call(
          'GET',
          `/v1/charging-records?${new URLSearchParams({ ...period, size: '100', page: String(page) })}`,
          { token },
        )
      ).body.data
      for (const { energy, discharge_energy, max_power } of items) {
        sums.charge_energy += energy
        sums.discharge_energy += discharge_energy
        sums.max_power = Math.max(sums.max_power, max_power)
      }
      if (items.length < 100) break
    }
    assert.ok(sums.charge_energy > 1000 && sums.discharge_energy > 0)
    for (const granularity of ['hour', 'day', 'month']) {
      const { total, series } = (await ask({ ...period, granularity, tz: 'Europe/London' })).body.data
      for (const name of ['charge_energy', 'discharge_energy'] as const) {
        assert.ok(Math.abs(total[name] - sums[name]) < 1e-6, `${name}: ${total[name]}, not ${sums[name]}`)
        const points = series.reduce((sum: number, point: Record<string, number>) => sum + point[name]!, 0)
        assert.ok(Math.abs(points - sums[name]) < 1e-6)
      }
      assert.equal(total.max_power, sums.max_power)
    }
  })
  it('has exact sums', async () => {
    const { charger, siteId } = await place()
    for (let minute = 0; minute < 10; minute++) await upload(charger, `2026-03-01T10:0${minute}:00Z`, { energy: 0.1 })
    assert.equal((await ask({ ...day, site_ids: siteId })).body.data.total.charge_energy, 1)
  })
  it('splits by site and by operator, and the parts add up', async () => {
    const [one, two] = [await place({ name: 'A' }), await place({ name: 'B' })]
    const alone = await server.charger()
    const start = '2020-01-01T10:30:00Z'
    for (const [charger, energy] of [
      [one.charger, 1],
      [two.charger, 2],
      [alone, 4],
    ] as const)
      await upload(charger, start, { energy })
    const query = { start_time: '2020-01-01T00:00:00Z', end_time: '2020-01-02T00:00:00Z', granularity: 'day' }
    const point = (charge_energy: number) => ({ charge_energy, discharge_energy: 0, max_power: 180 })
    const group = (id: string | null, name: string | null, energy: number) => ({
      id,
      name,
      series: [{ timestamp: '2020-01-01T00:00:00.000Z', ...point(energy) }],
      total: point(energy),
    })
    const bySite = (await ask({ ...query, group_by: 'site' })).body.data
    assert.deepEqual(bySite.groups, [group(one.siteId, 'A', 1), group(two.siteId, 'B', 2), group(null, null, 4)])
    assert.equal(bySite.total.charge_energy, 7)
    const byOperator = (await ask({ ...query, group_by: 'operator' })).body.data
    assert.deepEqual(byOperator.groups, [
      group('acme-charging-uk', 'Acme Charging Network UK', 3),
      group(null, null, 4),
    ])
    const some = (await ask({ ...query, group_by: 'site', site_ids: `${two.siteId},nowhere` })).body.data
    assert.deepEqual([some.groups, some.total.charge_energy], [[group(two.siteId, 'B', 2)], 2])
    assert.equal('groups' in (await ask(query)).body.data, false)
  })
  it('adds nothing for sites that are unknown or of another tenant', async () => {
    const { charger, siteId } = await place()
    await upload(charger, '2026-03-01T10:00:00Z')
    const empty = { charge_energy: 0, discharge_energy: 0, max_power: 0 }
    for (const [site_ids, as] of [
      ['nowhere', token],
      [siteId, await server.operator('other')],
    ] as const) {
      const { series, total } = (await ask({ ...day, site_ids }, as)).body.data
      assert.deepEqual([series, total], [[], empty])
    }
  })
  it('covers the last 24 hours when nothing is asked', async () => {
    const { charger, siteId } = await place()
    const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString()
    for (const [hours, energy] of [
      [25, 1],
      [23, 2],
      [1, 4],
    ] as const)
      await upload(charger, ago(hours), { energy })
    assert.equal((await ask({ site_ids: siteId })).body.data.total.charge_energy, 6)
    assert.equal((await ask({ site_ids: siteId, end_time: ago(2) })).body.data.total.charge_energy, 3)
  })
  it('400 for a zone that is none, a period without a length or with too many buckets, and other nonsense', async () => {
    const wrong: Record<string, string>[] = [
      ...['Mars/North', '', '+01:00', 'BST', "UTC'--"].map(tz => ({ ...day, tz })),
      { start_time: day.end_time, end_time: day.start_time },
      { start_time: day.start_time, end_time: day.start_time },
      { start_time: '1970-01-01T00:00:00Z', end_time: '2026-01-01T00:00:00Z' },
      { start_time: 'yesterday' },
      { ...day, granularity: 'week' },
      { ...day, group_by: 'device' },
    ]
    for (const query of wrong) {
      const { status, body } = await ask(query)
      assert.deepEqual([status, body.code, body.data], [400, 1001, null], JSON.stringify(query))
    }
  })
})
