import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Outcome } from '../action.ts'
import { verdictOf } from './outcome.ts'
import type { Call } from './translation.ts'

const reset: Call = { action: 'Reset', payload: {}, alsoFine: ['Scheduled'] }
const judge = (outcome: Outcome, call = reset) => {
  const verdict = verdictOf(outcome, call)
  return verdict.kind === 'failed' ? [verdict.failure.reason, verdict.failure.message] : ['accepted', verdict.message]
}
const result = (payload: Record<string, unknown>): Outcome => ({ kind: 'result', payload })

describe('what a station says', () => {
  it('is consent when it is Accepted, a word that means so, or nothing', () => {
    assert.deepEqual(judge(result({ status: 'Accepted' })), ['accepted', null])
    assert.deepEqual(judge(result({ status: 'Scheduled' })), ['accepted', 'Scheduled'])
    assert.deepEqual(judge(result({ fileName: 'log.txt' })), ['accepted', null])
  })
  it('is a refusal by any other word', () => {
    assert.deepEqual(judge(result({ status: 'Rejected' })), ['rejected', 'Rejected'])
    assert.deepEqual(judge(result({ status: 'Scheduled' }), { action: 'x', payload: {} }), ['rejected', 'Scheduled'])
    assert.deepEqual(judge(result({ status: 'NotSupported' })), ['NOT_SUPPORTED', 'NotSupported'])
    const statusInfo = { reasonCode: 'NoCable', additionalInfo: 'plug in first' }
    assert.deepEqual(judge(result({ status: 'Rejected', statusInfo }))[1], 'Rejected: NoCable: plug in first')
  })
  it('is an error by its code', () => {
    const error = (code: string): Outcome => ({ kind: 'error', code, description: 'why', details: {} })
    assert.deepEqual(judge(error('NotImplemented')), ['NOT_SUPPORTED', 'NotImplemented: why'])
    assert.deepEqual(judge(error('InternalError')), ['InternalError', 'InternalError: why'])
  })
  it('may be nothing', () => {
    assert.equal(judge({ kind: 'timeout' })[0], 'TIMEOUT')
    assert.equal(judge({ kind: 'offline' })[0], 'OFFLINE')
    assert.equal(judge({ kind: 'busy' })[0], 'BUSY')
  })
})
