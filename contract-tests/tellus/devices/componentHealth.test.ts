import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { componentHealth, sample } from '../../support/bodies.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const token = await server.operator()

/** Its fan is slow. */
const health = (more: object = {}) => componentHealth({ cooling_fan_rpm: 1500, ...more })
const v2g = {
  bidirectional_inverter_cycles: 1200,
  bidirectional_inverter_max_cycles: 20_000,
  harmonic_distortion_v2g_pct: 2.4,
  discharge_contactor_cycles: 900,
}
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()

async function charger() {
  const { deviceId, token: own } = await server.charger()
  const upload = (component_health: object, timestamp = minutesAgo(0), more: object = {}) =>
    server.call('POST', '/v1/device/telemetry', { token: own, body: sample({ timestamp, component_health, ...more }) })
  const get = (path = '', query = '') =>
    server.call('GET', `/v1/devices/${deviceId}/component-health${path}${query}`, { token })
  return { deviceId, upload, get }
}

describe('component health', () => {
  it('comes back as the charger reported it, all fifteen fields, with a verdict on each part', async () => {
    const { deviceId, upload, get } = await charger()
    const reported = health(v2g)
    const timestamp = minutesAgo(1)
    assert.equal((await upload(reported, timestamp)).status, 200)
    const { status, body } = await get()
    assert.equal(status, 200)
    const { verdicts, remaining_life, isolation_trend, counters, ...report } = body.data
    assert.deepEqual(report, {
      device_id: deviceId,
      timestamp,
      connector_id: 1,
      component_health: reported,
      verdict: 'warning',
    })
    const words = Object.fromEntries(
      verdicts.map(({ component, verdict }: { component: string; verdict: string }) => [component, verdict]),
    )
    assert.deepEqual([words.contactor, words.cooling_fan, words.harmonics], ['warning', 'warning', 'ok'])
    assert.equal(verdicts.length, 11)
    assert.deepEqual(
      remaining_life.map(({ component, days }: { component: string; days: null }) => [component, days]),
      [
        ['contactor', null],
        ['bidirectional_inverter', null],
        ['discharge_contactor', null],
      ],
    )
    assert.equal(isolation_trend.kohms_per_day, null)
    const never = { last_reset_at: null }
    assert.deepEqual(counters, { contactor: never, discharge_contactor: never, fan: never })
  })

  it('is the newest report, also when an older one arrives later or a sample has none', async () => {
    const { upload, get } = await charger()
    await upload(health({ cooling_fan_rpm: 2000 }), minutesAgo(2))
    await upload(health({ cooling_fan_rpm: 1900 }), minutesAgo(9))
    await upload(undefined as never, minutesAgo(0))
    assert.equal((await get()).body.data.component_health.cooling_fan_rpm, 2000)
  })

  it('tells how long parts will last, from ten days of reports', async () => {
    const { upload, get } = await charger()
    for (let day = 10; day >= 0; day--)
      await upload(
        health({ contactor_cycles: 90_000 - day * 100, isolation_test_kohms: 5000 + day * 50 }),
        minutesAgo(day * 1440 + 1),
      )
    const { remaining_life, isolation_trend, verdict } = (await get()).body.data
    assert.deepEqual([remaining_life[0].days, remaining_life[0].cycles_per_day], [100, 100])
    assert.deepEqual([isolation_trend.kohms_per_day, isolation_trend.days_to_fault], [-50, 80])
    assert.equal(verdict, 'warning')
  })

  it('is found at once among ten days of reports every five seconds', async () => {
    const { deviceId, get } = await charger()
    await server.services.db.raw(
      `insert into telemetry.readings (tenant_id, device_id, connector_id, time, state, voltage_v, current_a, power_kw,
         energy_delivered_kwh, soc_percent, component_health)
       select tenant_id, device_id, 1, now() - n * interval '5 seconds', 'idle', 0, 0, 0, 0, 0, :health::jsonb
       from core.devices, generate_series(1, 17280 * 10) n where device_id = :device`,
      { device: deviceId, health: JSON.stringify(health()) },
    )
    const times = []
    for (let round = 0; round < 5; round++) {
      const began = performance.now()
      assert.equal((await get()).status, 200)
      times.push(performance.now() - began)
    }
    assert.ok(Math.min(...times) < 100, `${Math.min(...times)} ms`)
  })

  it('is kept without fields that nobody knows, which could be endless', async () => {
    const { upload, get } = await charger()
    const { internal_temps } = health()
    const junk = 'x'.repeat(400_000)
    const { status } = await upload(health({ ...v2g, junk, internal_temps: { ...internal_temps, junk } }))
    assert.equal(status, 200)
    assert.deepEqual((await get()).body.data.component_health, health(v2g))
    assert.deepEqual((await get('/history')).body.data.items[0].component_health, health(v2g))
  })

  it('is part of what makes a sample the same', async () => {
    const { upload } = await charger()
    const at = minutesAgo(3)
    const statuses = []
    for (const cooling_fan_rpm of [2000, 2000, 2001])
      statuses.push((await upload(health({ cooling_fan_rpm }), at)).status)
    assert.deepEqual(statuses, [200, 200, 409])
  })

  it('400 for what is missing or makes no sense, and nothing is stored', async () => {
    const { upload, get } = await charger()
    const bad = [
      {},
      health({ contactor_cycles: undefined }),
      health({ contactor_cycles: -1 }),
      health({ contactor_max_cycles: 0 }),
      health({ cooling_fan_status: 'fine' }),
      health({ internal_temps: { power_module: 60 } }),
      health({ internal_temps: { power_module: 'hot', control_board: 1, ac_inlet: 1, dc_outlet: 1 } }),
      health({ relay_state: 'ajar' }),
      health({ isolation_test_kohms: '5200' }),
      health({ last_isolation_test: 'yesterday' }),
      health({ harmonic_distortion_v2g_pct: 101 }),
    ]
    for (const component_health of bad) {
      const { status, body } = await upload(component_health)
      assert.equal(status, 400, JSON.stringify(component_health))
      assert.match(body.details.field, /^component_health/)
    }
    assert.equal((await get()).status, 404)
  })

  it('can be read whatever life a charger says that its parts have', async () => {
    const { upload, get } = await charger()
    for (let day = 8; day >= 0; day--)
      await upload(
        health({ contactor_cycles: 1e9 - day * 1e-6, contactor_max_cycles: 0.001, isolation_test_kohms: 1e9 + day }),
        minutesAgo(day * 1440 + 1),
      )
    const { status, body } = await get()
    assert.equal(status, 200)
    assert.equal(body.data.verdicts[0].value, 1_000_000_000)
  })

  it('is for the tenant only', async () => {
    const { deviceId, upload } = await charger()
    await upload(health())
    const other = await server.operator('other')
    for (const path of ['', '/history']) {
      for (const id of [deviceId, randomUUID(), 'nonsense']) {
        const { status } = await server.call('GET', `/v1/devices/${id}/component-health${path}`, { token: other })
        assert.equal(status, 404)
      }
    }
  })
})

describe('the history of component health', () => {
  it('has every report of the period in order, the last 24 hours by default', async () => {
    const { upload, get } = await charger()
    for (const minutes of [1500, 30, 20, 10]) await upload(health({ cooling_fan_rpm: minutes }), minutesAgo(minutes))
    const rpm = (items: { component_health: { cooling_fan_rpm: number } }[]) =>
      items.map(({ component_health }) => component_health.cooling_fan_rpm)
    const { items, total, resolution_seconds } = (await get('/history')).body.data
    assert.deepEqual([rpm(items), total, resolution_seconds], [[30, 20, 10], 3, null])
    const between = await get('/history', `?start_time=${minutesAgo(1501)}&end_time=${minutesAgo(19)}`)
    assert.deepEqual(rpm(between.body.data.items), [1500, 30, 20])
    assert.equal((await get('/history', `?start_time=${minutesAgo(1)}&end_time=${minutesAgo(2)}`)).status, 400)
  })

  it('is cut to a thousand points', async () => {
    const { deviceId, get } = await charger()
    const { rows } = await server.services.db.raw('select tenant_id from core.devices where device_id = ?', [deviceId])
    await server.services.db.raw(
      `insert into telemetry.readings (tenant_id, device_id, connector_id, time, state, voltage_v, current_a, power_kw,
         energy_delivered_kwh, soc_percent, component_health)
       select :tenant, :device, 1, now() - n * interval '5 seconds', 'idle', 0, 0, 0, 0, 0, :health::jsonb
       from generate_series(1, 12000) n`,
      { tenant: rows[0].tenant_id, device: deviceId, health: JSON.stringify(health()) },
    )
    const { items, total, resolution_seconds } = (await get('/history')).body.data
    assert.equal(total, 12_000)
    assert.equal(resolution_seconds, 86.4)
    assert.ok(items.length > 600 && items.length <= 1000, `${items.length} points`)
    const times = items.map(({ timestamp }: { timestamp: string }) => timestamp)
    assert.deepEqual(times, times.toSorted())
  })

  it('of just as many reports as it may have points has them all', async () => {
    const { deviceId, get } = await charger()
    const more = (from: number, to: number) =>
      server.services.db.raw(
        `insert into telemetry.readings (tenant_id, device_id, connector_id, time, state, voltage_v, current_a, power_kw,
           energy_delivered_kwh, soc_percent, component_health)
         select tenant_id, device_id, 1, now() - n * interval '5 seconds', 'idle', 0, 0, 0, 0, 0, :health::jsonb
         from core.devices, generate_series(:from::int, :to::int) n where device_id = :device`,
        { device: deviceId, from, to, health: JSON.stringify(health()) },
      )
    await more(1, 1000)
    const all = (await get('/history')).body.data
    assert.deepEqual([all.items.length, all.total, all.resolution_seconds], [1000, 1000, null])
    await more(1001, 1001)
    const cut = (await get('/history')).body.data
    assert.deepEqual([cut.total, cut.resolution_seconds], [1001, 86.4])
    assert.ok(cut.items.length <= 1000)
  })
})
