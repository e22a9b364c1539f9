import assert from 'node:assert/strict'
import { test } from 'node:test'
import { severityOf } from './securityEventSeverity.ts'

test('tampering is critical, a start is low, a name of the maker or of JavaScript is medium', () => {
  assert.equal(severityOf('TamperDetectionActivated'), 'critical')
  assert.equal(severityOf('StartupOfTheDevice'), 'low')
  assert.equal(severityOf('com.example.DoorOpen'), 'medium')
  assert.equal(severityOf('constructor'), 'medium')
})
