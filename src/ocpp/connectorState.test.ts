import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { OCPP16, OCPP20, OCPP21 } from 'typed-ocpp'
import { connectorNumber, evseOf, stateOfChargingState, stateOfStatus, stopReason } from './connectorState.ts'

type Schema = { properties?: Record<string, Schema>; enum?: string[]; definitions?: Record<string, Schema> }
const statuses16 = (OCPP16.schemas.StatusNotificationRequest as Schema).properties!.status!.enum!

describe('the state of a connector', () => {
  it('is known for every status of every version', () => {
    const statuses2 = [OCPP20, OCPP21].map(
      ({ schemas }) => (schemas.StatusNotificationRequest as Schema).definitions!.ConnectorStatusEnumType!.enum!,
    )
    for (const status of [statuses16, ...statuses2].flat()) assert.ok(stateOfStatus(status), status)
  })

  it('is known for every charging state', () => {
    for (const { schemas } of [OCPP20, OCPP21])
      for (const state of (schemas.TransactionEventRequest as Schema).definitions!.ChargingStateEnumType!.enum!)
        assert.ok(stateOfChargingState(state), state)
  })

  it('stays charging while a session pauses', () => {
    assert.equal(stateOfStatus('SuspendedEV')?.state, 'charging')
    assert.equal(stateOfChargingState('SuspendedEVSE'), 'charging')
  })
})

describe('the reason of a stop', () => {
  it('is in the words of charging records', () => {
    assert.equal(stopReason(), 'user_request')
    assert.equal(stopReason('SOCLimitReached'), 'soc_target_reached')
    assert.equal(stopReason('EmergencyStop'), 'emergency_stop')
    assert.equal(stopReason('GroundFault'), 'ground_fault')
    assert.equal(stopReason('DeAuthorized'), 'deauthorized')
  })
})

describe('the number of a connector', () => {
  it('is the number of its EVSE for the first one', () => {
    assert.equal(connectorNumber(1), 1)
    assert.equal(connectorNumber(2, 1), 2)
    assert.equal(connectorNumber(1, 2), 22)
  })

  it('names one connector only, and leads back to it', () => {
    const numbers = new Set<number>()
    for (let evseId = 1; evseId <= 21; evseId++)
      for (let connectorId = 1; connectorId <= 3; connectorId++) {
        const number = connectorNumber(evseId, connectorId)!
        assert.ok(number >= 1 && number <= 64)
        assert.deepEqual(evseOf(number), { evseId, connectorId })
        numbers.add(number)
      }
    assert.equal(numbers.size, 63)
  })

  it('is none for the station itself and for what has none', () => {
    for (const [evse, connector] of [
      [0, 0],
      [0, 1],
      [22, 1],
      [1, 4],
    ] as const)
      assert.equal(connectorNumber(evse, connector), undefined)
  })
})
