import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../errors.ts'
import { checkSelfTest } from './selfTest.ts'

const item = { name: 'isolation', passed: true }

test('a report passes, with tests or without, and with what the charger adds', () => {
  checkSelfTest({ passed: true, tests: [] })
  checkSelfTest({ passed: false, tests: [item, { name: 'fan', passed: false, rpm: 900 }], duration: 118 })
})

test('everything else is refused with the field that is wrong', () => {
  const cases: [object | null, string][] = [
    [null, 'details.passed'],
    [{ tests: [item] }, 'details.passed'],
    [{ passed: 'yes', tests: [item] }, 'details.passed'],
    [{ passed: true }, 'details.tests'],
    [{ passed: true, tests: item }, 'details.tests'],
    [{ passed: true, tests: Array(1001).fill(item) }, 'details.tests'],
    [{ passed: true, tests: [item, 'fan'] }, 'details.tests.1'],
    [{ passed: true, tests: [item, null] }, 'details.tests.1'],
    [{ passed: true, tests: [{ passed: true }] }, 'details.tests.0.name'],
    [{ passed: true, tests: [{ name: '', passed: true }] }, 'details.tests.0.name'],
    [{ passed: true, tests: [{ name: 'fan' }] }, 'details.tests.0.passed'],
    [{ passed: true, tests: [{ name: 'fan', passed: 1 }] }, 'details.tests.0.passed'],
  ]
  for (const [details, field] of cases) {
    assert.throws(
      () => checkSelfTest(details),
      (error: unknown) => error instanceof ApiError && error.kind === 'invalid' && error.details?.field === field,
      JSON.stringify(details)?.slice(0, 80),
    )
  }
})
