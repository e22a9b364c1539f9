import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { StartError } from '../errors.ts'
import type { ComponentHealth, Report } from './componentHealth.ts'
import { readThresholds, THRESHOLDS } from './thresholds.ts'
import { type Verdict, verdictsOn, worst } from './verdicts.ts'
import { isolationTrend, remainingLife, type Trend } from './wear.ts'

const HEALTH: ComponentHealth = {
  contactor_cycles: 1000,
  contactor_max_cycles: 100_000,
  cooling_fan_rpm: 2400,
  cooling_fan_status: 'ok',
  internal_temps: { power_module: 60, control_board: 40, ac_inlet: 38, dc_outlet: 41 },
  relay_state: 'closed',
  isolation_test_kohms: 5000,
  last_isolation_test: '2026-05-10T00:00:00Z',
}
const NO_TREND: Trend = { kohms_per_day: null, days_to_fault: null, reason: '' }
const judge = (more: Partial<ComponentHealth>, thresholds = THRESHOLDS, trend = NO_TREND) =>
  new Map<string, Verdict>(
    verdictsOn({ ...HEALTH, ...more }, trend, thresholds).map(verdict => [verdict.component, verdict]),
  )

/** One report a day, oldest first. */
const reports = (...days: Partial<ComponentHealth>[]): Report[] =>
  days.map((more, index) => ({
    timestamp: new Date(Date.UTC(2026, 4, 1 + index)).toISOString(),
    connector_id: 1,
    component_health: { ...HEALTH, ...more },
  }))

describe('verdicts', () => {
  const cases: [string, string, Partial<ComponentHealth>, string][] = [
    ['contactor at 79.9 %', 'contactor', { contactor_cycles: 79_900 }, 'ok'],
    ['contactor at 80 %', 'contactor', { contactor_cycles: 80_000 }, 'warning'],
    ['contactor at 100 %', 'contactor', { contactor_cycles: 100_000 }, 'fault'],
    ['fan at 1800 rpm', 'cooling_fan', { cooling_fan_rpm: 1800 }, 'ok'],
    ['fan below 1800 rpm', 'cooling_fan', { cooling_fan_rpm: 1799 }, 'warning'],
    ['fan that calls itself broken', 'cooling_fan', { cooling_fan_status: 'fault' }, 'fault'],
    ['relay that is open', 'relay', { relay_state: 'open' }, 'ok'],
    ['relay that is stuck', 'relay', { relay_state: 'fault' }, 'fault'],
    ['isolation of 1000 kOhm', 'isolation', { isolation_test_kohms: 1000 }, 'ok'],
    ['isolation under 1000 kOhm', 'isolation', { isolation_test_kohms: 999.9 }, 'fault'],
    ['hot module', 'power_module', { internal_temps: { ...HEALTH.internal_temps, power_module: 80 } }, 'warning'],
    ['burning board', 'control_board', { internal_temps: { ...HEALTH.internal_temps, control_board: 85 } }, 'fault'],
    [
      'inverter near its end',
      'bidirectional_inverter',
      { bidirectional_inverter_cycles: 900, bidirectional_inverter_max_cycles: 1000 },
      'warning',
    ],
    ['discharge contactor', 'discharge_contactor', { discharge_contactor_cycles: 100_000 }, 'fault'],
    ['harmonics', 'harmonics', { harmonic_distortion_v2g_pct: 6 }, 'warning'],
  ]
  for (const [name, component, more, verdict] of cases)
    it(`${verdict} for ${name}`, () => assert.equal(judge(more).get(component)?.verdict, verdict))

  it('name no part that is not reported', () => {
    assert.deepEqual(
      ['bidirectional_inverter', 'discharge_contactor', 'harmonics'].filter(component => judge({}).has(component)),
      [],
    )
  })
  it('warn of an isolation that will soon be too low', () => {
    const trend = { kohms_per_day: -200, days_to_fault: 20, reason: '' }
    assert.equal(judge({}, THRESHOLDS, trend).get('isolation')!.verdict, 'warning')
    assert.equal(judge({}, THRESHOLDS, { ...trend, days_to_fault: 31 }).get('isolation')!.verdict, 'ok')
  })
  it('follow the thresholds of the configuration', () => {
    const thresholds = readThresholds('{"fan_warning_rpm": 3000}')
    assert.deepEqual(judge({}, thresholds).get('cooling_fan')!.warning_at, 3000)
    assert.equal(judge({}, thresholds).get('cooling_fan')!.verdict, 'warning')
    for (const text of [
      'x',
      '[]',
      '{"fan": 1}',
      '{"fan_warning_rpm": "many"}',
      '{"fan_warning_rpm": -1}',
      '{"fan_warning_rpm": 1e400}',
      '{"toString": 1}',
    ])
      assert.throws(() => readThresholds(text), StartError)
  })
  it('have a value that can be told, however short the life is', () => {
    for (const contactor_max_cycles of [0.001, 1e-300])
      assert.equal(judge({ contactor_cycles: 1e9, contactor_max_cycles }).get('contactor')!.value, 1_000_000_000)
  })
  it('are as bad as the worst', () => {
    assert.deepEqual([worst([]), worst(['ok', 'warning']), worst(['fault', 'ok'])], ['ok', 'warning', 'fault'])
  })
})

describe('remaining life', () => {
  const cycles = (...counts: number[]) => reports(...counts.map(contactor_cycles => ({ contactor_cycles })))
  it('goes on as the history did', () => {
    const [life] = remainingLife(cycles(0, 100, 200, 300, 400, 500, 600, 700, 800, 900))
    assert.deepEqual(life, {
      component: 'contactor',
      days: 991,
      cycles_per_day: 100,
      reason: '900 cycles in 9 days',
    })
  })
  it('is not told from less than a week', () => {
    const [life] = remainingLife(cycles(0, 100, 200, 300, 400, 500, 600))
    assert.deepEqual([life!.days, life!.cycles_per_day], [null, null])
    assert.match(life!.reason, /6 days of history are too little/)
  })
  it('begins anew where a counter was set back', () => {
    const [short] = remainingLife(cycles(900, 950, 0, 10, 20, 30, 40, 50, 60))
    assert.equal(short!.days, null)
    const [long] = remainingLife(cycles(900, 950, 0, 10, 20, 30, 40, 50, 60, 70))
    assert.equal(long!.cycles_per_day, 10)
  })
  it('is not told of a part that nobody used', () => {
    const [life] = remainingLife(cycles(5, 5, 5, 5, 5, 5, 5, 5))
    assert.deepEqual([life!.days, life!.cycles_per_day], [null, 0])
  })
  it('has an end, however slowly it is used', () => {
    for (const step of [1e-9, 1e-306]) {
      const [life] = remainingLife(cycles(...Array.from({ length: 9 }, (_value, index) => index * step)))
      assert.equal(life!.days, 1_000_000_000)
    }
  })
  it('is over when the cycles are', () => {
    const [life] = remainingLife(cycles(...Array.from({ length: 9 }, (_value, index) => 100_000 + index)))
    assert.equal(life!.days, 0)
  })
})

describe('the isolation trend', () => {
  const kohms = (...values: number[]) => reports(...values.map(isolation_test_kohms => ({ isolation_test_kohms })))
  it('tells when it will be too low', () => {
    const trend = isolationTrend(kohms(5000, 4900, 4800, 4700, 4600, 4500, 4400, 4300), THRESHOLDS)
    assert.deepEqual([trend.kohms_per_day, trend.days_to_fault], [-100, 33])
  })
  it('has no such day while it rises, or is too low already', () => {
    assert.equal(isolationTrend(kohms(1, 2, 3, 4, 5, 6, 7, 8), THRESHOLDS).days_to_fault, null)
    assert.equal(isolationTrend(kohms(9, 8, 7, 6, 5, 4, 3, 2), THRESHOLDS).days_to_fault, null)
  })
  it('has an end, however slowly it falls', () => {
    const values = Array.from({ length: 9 }, (_value, index) => 1_000_000_000 - index * 1e-6)
    assert.equal(isolationTrend(kohms(...values), THRESHOLDS).days_to_fault, 1_000_000_000)
  })
  it('needs a week', () => assert.equal(isolationTrend(kohms(5000, 4000), THRESHOLDS).kohms_per_day, null))
})
