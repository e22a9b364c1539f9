import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Outcome } from './action.ts'
import { newPasswordIn, resultOf } from './passwordChange.ts'

const PASSWORD = { component: { name: 'SecurityCtrlr' }, variable: { name: 'BasicAuthPassword' } }
const OTHER = { component: { name: 'OCPPCommCtrlr' }, variable: { name: 'HeartbeatInterval' } }
const set = (...setVariableData: object[]) => ({ action: 'SetVariables', payload: { setVariableData } })
const change = (key: string, value: string) => ({ action: 'ChangeConfiguration', payload: { key, value } })
const result = (payload: Record<string, unknown>): Outcome => ({ kind: 'result', payload })

describe('the new password in a call', () => {
  it('is written in hexadecimal digits in 1.6, and as it is where it is not', () => {
    assert.deepEqual(newPasswordIn(change('AuthorizationKey', '00fFa1')), Buffer.from([0, 255, 161]))
    assert.deepEqual(newPasswordIn(change('authorizationkey', 'not hex')), Buffer.from('not hex'))
  })
  it('is one of the variables in 2.x', () => {
    const call = set({ ...OTHER, attributeValue: '300' }, { ...PASSWORD, attributeValue: 'abcdef' })
    assert.deepEqual(newPasswordIn(call), Buffer.from('abcdef'))
  })
  it('is not in any other call', () => {
    for (const call of [
      change('HeartbeatInterval', '300'),
      set({ ...OTHER, attributeValue: '300' }),
      set({ ...PASSWORD, attributeType: 'Target', attributeValue: 'abc' }),
      { action: 'Reset', payload: { type: 'Soft' } },
    ])
      assert.equal(newPasswordIn(call), undefined)
  })
})

describe('what a station has made of it', () => {
  const [v16, v2] = [change('AuthorizationKey', 'ab'), set({ ...PASSWORD, attributeValue: 'a' })]
  it('is told by the status of 1.6', () => {
    const of = (status: string) => resultOf(v16, result({ status }))
    assert.deepEqual(['Accepted', 'RebootRequired', 'Rejected', 'NotSupported'].map(of), [
      'taken',
      'unknown',
      'refused',
      'refused',
    ])
  })
  it('is told by the status of that variable in 2.x', () => {
    const of = (attributeStatus: string) =>
      resultOf(
        v2,
        result({
          setVariableResult: [
            { ...PASSWORD, attributeStatus },
            { ...OTHER, attributeStatus: 'Rejected' },
          ],
        }),
      )
    assert.deepEqual(['Accepted', 'RebootRequired', 'Rejected'].map(of), ['taken', 'unknown', 'refused'])
    assert.equal(resultOf(v2, result({ setVariableResult: [{ ...OTHER, attributeStatus: 'Accepted' }] })), 'refused')
  })
  it('is not known when it did not answer, unless it was never asked', () => {
    assert.equal(resultOf(v16, { kind: 'timeout' }), 'unknown')
    assert.equal(resultOf(v16, { kind: 'offline' }), 'unknown')
    assert.equal(resultOf(v16, { kind: 'offline', unsent: true }), 'refused')
    assert.equal(resultOf(v16, { kind: 'error', code: 'X', description: '', details: {} }), 'refused')
  })
})
