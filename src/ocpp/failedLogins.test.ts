import assert from 'node:assert/strict'
import { it } from 'node:test'
import { severityOf } from './failedLogins.ts'

it('a failed login is the worse the more there were', () => {
  const severities = [1, 2, 3, 5, 6, 10, 11, 1000].map(severityOf)
  assert.deepEqual(severities, ['low', 'low', 'medium', 'medium', 'high', 'high', 'critical', 'critical'])
})
