import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Parts } from './parts.ts'

const NOW = Date.parse('2026-05-10T14:00:00Z')

test('contactors are counted with every session and set back one by one', () => {
  const parts = new Parts({ contactor: 10, dischargeContactor: 4 }, 'DC', true)
  parts.close('charge')
  parts.close('discharge')
  const { contactor_cycles, discharge_contactor_cycles } = parts.health(NOW, true)
  assert.deepEqual([contactor_cycles, discharge_contactor_cycles], [12, 5])
  parts.reset('main')
  assert.deepEqual(parts.counts, { contactor: 0, dischargeContactor: 5 })
  parts.reset('discharge')
  assert.deepEqual(parts.counts, { contactor: 0, dischargeContactor: 0 })
})

test('a charger that cannot discharge says nothing of what it lacks', () => {
  const health = new Parts({ contactor: 1, dischargeContactor: 0 }, 'AC', false).health(NOW, false)
  assert.deepEqual([health.contactor_max_cycles, health.discharge_contactor_cycles], [60_000, undefined])
})
