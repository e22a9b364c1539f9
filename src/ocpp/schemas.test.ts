import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { actionsOf, check, isKnown } from './schemas.ts'

const profile = (limit: unknown) => ({
  connectorId: 1,
  csChargingProfiles: {
    chargingProfileId: 1,
    stackLevel: 0,
    chargingProfilePurpose: 'TxProfile',
    chargingProfileKind: 'Relative',
    chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit }] },
  },
})

const codeOf = (...parameters: Parameters<typeof check>) => check(...parameters)?.code

describe('schemas', () => {
  it('take every limit with one decimal, and none with two', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), tenths => {
        assert.equal(check('ocpp1.6', 'SetChargingProfile', 'request', profile(tenths / 10)), undefined)
        assert.equal(
          codeOf('ocpp1.6', 'SetChargingProfile', 'request', profile(tenths / 10 + 0.05)),
          'PropertyConstraintViolation',
        )
      }),
    )
  })

  it('take 8.1 A on the way in too', () => {
    const payload = {
      status: 'Accepted',
      chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 8.1 }] },
    }
    assert.equal(check('ocpp1.6', 'GetCompositeSchedule', 'response', payload), undefined)
  })

  for (const protocol of ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'] as const)
    it(`of ${protocol} all compile`, () => {
      const actions = actionsOf(protocol)
      assert.ok(actions.length >= 39)
      for (const action of actions) {
        check(protocol, action, 'request', {})
        assert.equal(codeOf(protocol, action, 'request', { nobodyKnowsThis: 1 }) === undefined, false, action)
      }
    })

  it('tell what is wrong by the code of OCPP', () => {
    const boot = { chargePointVendor: 'V', chargePointModel: 'M' }
    const ask = (payload: unknown) => codeOf('ocpp1.6', 'BootNotification', 'request', payload)
    assert.equal(ask(boot), undefined)
    assert.equal(ask({ chargePointVendor: 'V' }), 'OccurrenceConstraintViolation')
    assert.equal(ask({ ...boot, chargePointVendor: 1 }), 'TypeConstraintViolation')
    assert.equal(ask({ ...boot, chargePointVendor: 'V'.repeat(21) }), 'PropertyConstraintViolation')
    assert.equal(ask({ ...boot, colour: 'red' }), 'FormatViolation')
    assert.equal(ask([]), 'FormatViolation')
    assert.equal(
      codeOf('ocpp2.0.1', 'SetVariables', 'request', { setVariableData: [] }),
      'OccurrenceConstraintViolation',
    )
    assert.equal(codeOf('ocpp1.6', 'Heartbeat', 'request', { a: 1 }), 'FormatViolation')
  })

  it('know the actions of each version, and nothing that an object inherits', () => {
    assert.ok(isKnown('ocpp1.6', 'StartTransaction'))
    assert.ok(!isKnown('ocpp2.0.1', 'StartTransaction'))
    assert.ok(isKnown('ocpp2.1', 'NotifyPeriodicEventStream'))
    for (const action of ['constructor', 'BootNotificationRequest', '__proto__', ''])
      assert.equal(codeOf('ocpp2.1', action, 'request', {}), 'NotImplemented', action)
  })
})
