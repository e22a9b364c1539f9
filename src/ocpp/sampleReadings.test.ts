import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SampleContext } from '../store/stationSamples.ts'
import type { Measurement } from './meterValues.ts'
import { toReadings } from './sampleReadings.ts'

const receivedAt = new Date('2026-05-10T15:00:00Z')
const at = (time: string) => `2026-05-10T${time}:00Z`
const session = {
  connectorId: 1,
  startedAt: new Date(at('14:00')),
  endedAt: null,
  meterStartWh: 1000,
  chargingState: null,
}
const connector = {
  state: 'charging',
  voltage: 400,
  current: 25,
  power: 10,
  energy: 2,
  soc: 50,
  measuredAt: new Date(at('14:10')),
}
const read = (measurements: Measurement[], context: Partial<SampleContext> = {}) =>
  toReadings(measurements, 1, { tenantId: 't', session, connector, ...context, deviceId: 'd' }, receivedAt)

describe('samples of a session', () => {
  it('take over what is not told, from one to the next', () => {
    const readings = read([
      { timestamp: at('14:11'), importWh: 3500, power: 12 },
      { timestamp: at('14:12'), soc: 51 },
    ])
    assert.deepEqual(
      readings.map(({ power, voltage, energyDelivered, soc }) => [power, voltage, energyDelivered, soc]),
      [
        [12, 400, 2.5, 50],
        [12, 400, 2.5, 51],
      ],
    )
  })

  it('take nothing over from another session, or from long ago', () => {
    const fresh = { ...session, startedAt: new Date(at('14:11')) }
    const [after] = read([{ timestamp: at('14:12'), importWh: 1000 }], { session: fresh })
    assert.deepEqual([after!.power, after!.voltage, after!.current, after!.soc], [0, null, null, null])
    const [late] = read([{ timestamp: at('14:40'), importWh: 3500 }])
    assert.equal(late!.power, 0)
  })

  it('count energy from the meter at its beginning, and never below', () => {
    const energies = read([
      { timestamp: at('14:11'), importWh: 900 },
      { timestamp: at('14:12'), importWh: 3000 },
    ]).map(({ energyDelivered }) => energyDelivered)
    assert.deepEqual(energies, [0, 2])
  })
})

describe('the state of a sample', () => {
  const stateOf = (measurement: Partial<Measurement>, context: Partial<SampleContext> = {}) =>
    read([{ timestamp: at('14:11'), ...measurement }], context)[0]!.state

  it('is charging while a session of OCPP 1.6 runs, discharging where power flows out', () => {
    assert.equal(stateOf({ power: 0 }), 'charging')
    assert.equal(stateOf({ power: -5 }), 'discharging')
  })

  it('is what a session of OCPP 2.x says while nothing flows', () => {
    assert.equal(stateOf({ power: 0 }, { session: { ...session, chargingState: 'EVConnected' } }), 'idle')
    assert.equal(stateOf({ power: 0 }, { session: { ...session, chargingState: 'SuspendedEV' } }), 'charging')
    assert.equal(stateOf({ power: 5 }, { session: { ...session, chargingState: 'EVConnected' } }), 'charging')
  })

  it('is not changed by a meter at rest outside of a session', () => {
    assert.equal(stateOf({ power: 0.05 }, { session: null, connector: null }), 'idle')
    assert.equal(
      stateOf({ voltage: 230 }, { session: null, connector: { ...connector, state: 'unavailable' } }),
      'unavailable',
    )
    assert.equal(stateOf({ power: 0 }, { connector: { ...connector, state: 'fault' } }), 'fault')
  })

  it('is that of its time, also after the session has ended', () => {
    const ended = { ...session, endedAt: new Date(at('14:20')) }
    assert.equal(stateOf({ power: 0 }, { session: ended }), 'charging')
    assert.equal(stateOf({ timestamp: at('14:30'), power: 0 }, { session: ended }), 'idle')
  })
})

describe('a sample from the future', () => {
  it('says nothing about now', () => assert.equal(read([{ timestamp: at('15:06'), power: 1 }])[0]!.live, false))
})
