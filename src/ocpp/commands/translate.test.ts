import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CommandName } from '../../store/commands.ts'
import { PROTOCOLS, type Protocol } from '../action.ts'
import { check } from '../schemas.ts'
import { translate } from './translate.ts'
import type { Call, Subject } from './translation.ts'

const subject = (protocol: Protocol, change: Partial<Subject> = {}): Subject => ({
  protocol,
  now: new Date('2026-07-01T12:00:00Z'),
  number: 42,
  connectorId: 1,
  params: {},
  transaction: undefined,
  isPlanned: false,
  ratingKw: 22,
  newTag: () => 'k3V0d1x9Qw2ZpLr7TnAb',
  uploadUrl: 'https://example.com/v1/device/uploads/abc',
  ...change,
})
const transaction = { key: '17', transactionId: '4b1c', numericId: 17, connectorId: 1 }
const slots = [{ start: '22:00', end: '06:00', action: 'charge', power_limit: 7.4 }]

const COMMANDS: [CommandName, Record<string, unknown>][] = [
  ['start_charging', { charge_power: 11, target_soc: 80 }],
  ['start_charging', { id_tag: 'A1B2C3D4' }],
  ['stop_charging', { reason: 'enough' }],
  ['set_power_limit', { power_limit: 8.123456, duration: 900 }],
  ['set_power_limit', { power_limit: 0 }],
  ['set_power_limit', { power_limit_percent: 50, duration: 900 }],
  ['set_power_limit', { power_limit_percent: 100 }],
  ['set_schedule', { time_slots: slots, timezone: 'Europe/London' }],
  ['set_schedule', { time_slots: slots, enabled: false }],
  ['discharge', { discharge_power: 10, duration: 3600, min_soc: 40 }],
  ['firmware_upgrade', { download_url: 'https://example.com/fw.bin' }],
  ['firmware_upgrade', { url: 'https://example.com/fw.bin', signing_certificate: 'PEM', signature: 'c2ln' }],
  ['reboot', {}],
  ['soft_reset', {}],
  ['fetch_logs', {}],
  ['fetch_logs', { since: '2026-05-10T12:00:00Z', until: '2026-05-10T18:00:00Z' }],
]

const withOtherwise = (call: Call): Call[] => (call.otherwise === undefined ? [call] : [call, call.otherwise])
const callsOf = (command: CommandName, about: Subject): Call[] => {
  const translation = translate(command, about)
  assert.ok(translation.kind === 'calls', JSON.stringify(translation))
  return translation.calls
}
const reasonOf = (command: CommandName, about: Subject) => {
  const translation = translate(command, about)
  return translation.kind === 'impossible' ? translation.failure.reason : undefined
}

describe('every command that a version can', () => {
  for (const protocol of PROTOCOLS)
    it(`is as the schemas of ${protocol} say`, () => {
      let checked = 0
      for (const [command, params] of COMMANDS)
        for (const running of [undefined, transaction])
          for (const connectorId of [1, 64, null]) {
            const about = subject(protocol, { params, transaction: running, connectorId })
            const translation = translate(command, about)
            if (translation.kind !== 'calls') continue
            for (const { action, payload } of translation.calls.flatMap(withOtherwise)) {
              assert.equal(
                check(protocol, action, 'request', payload),
                undefined,
                `${command} ${JSON.stringify(payload)}`,
              )
              checked++
            }
          }
      assert.ok(checked > 80, String(checked))
    })
})

describe('a limit', () => {
  it('is for what is charged there, and for the session that runs', () => {
    const params = { power_limit: 5 }
    const limits = (change: Partial<Subject>) =>
      callsOf('set_power_limit', subject('ocpp1.6', { params, ...change })).length
    assert.deepEqual([limits({}), limits({ transaction })], [1, 2])
  })
  it("is kept by the site's plan where there is one, and so is the power of a session", () => {
    const isPlanned = true
    const limit = { params: { power_limit: 5 }, isPlanned }
    assert.deepEqual(translate('set_power_limit', subject('ocpp1.6', limit)), {
      kind: 'planned',
      transactionId: undefined,
    })
    const more = { params: { charge_power: 11 }, isPlanned, transaction }
    for (const [protocol, transactionId] of [
      ['ocpp1.6', 17],
      ['ocpp2.1', '4b1c'],
    ] as const)
      assert.deepEqual(translate('start_charging', subject(protocol, more)), { kind: 'planned', transactionId })
    const [start] = callsOf('start_charging', subject('ocpp2.0.1', { ...more, transaction: undefined }))
    assert.deepEqual([start!.action, start!.payload.chargingProfile], ['RequestStartTransaction', undefined])
  })
  it('in percent needs a model that is known, but for all of it', () => {
    const about = (percent: number) => subject('ocpp1.6', { params: { power_limit_percent: percent }, ratingKw: null })
    assert.equal(reasonOf('set_power_limit', about(50)), 'INVALID_PARAMS')
    assert.equal(callsOf('set_power_limit', about(100))[0]!.action, 'ClearChargingProfile')
  })
  it('in watts has amperes to fall back on', () => {
    const [call] = callsOf('set_power_limit', subject('ocpp1.6', { params: { power_limit: 11 } }))
    assert.deepEqual(
      withOtherwise(call!).map(({ payload }) => Object(payload).csChargingProfiles.chargingSchedule),
      [
        { chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: 11_000 }] },
        { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 15.9, numberPhases: 3 }] },
      ],
    )
  })
})

describe('a connector of tellus', () => {
  it('is an EVSE of 2.x', () => {
    for (const [connectorId, evseId] of [
      [1, 1],
      [21, 21],
      [22, 1],
      [null, 0],
    ] as const) {
      const [call] = callsOf('set_power_limit', subject('ocpp2.0.1', { connectorId, params: { power_limit: 5 } }))
      assert.equal(call!.payload.evseId, evseId)
    }
  })
})

describe('what cannot be', () => {
  it('is NOT_SUPPORTED where the version has no words for it', () => {
    const params = { discharge_power: 10 }
    for (const protocol of ['ocpp1.6', 'ocpp2.0.1'] as const) {
      assert.equal(reasonOf('discharge', subject(protocol, { params })), 'NOT_SUPPORTED')
      const schedule = { time_slots: [{ ...slots[0], action: 'discharge' }] }
      assert.equal(reasonOf('set_schedule', subject(protocol, { params: schedule })), 'NOT_SUPPORTED')
      assert.equal(reasonOf('run_self_test', subject(protocol)), 'NOT_SUPPORTED')
    }
    assert.equal(reasonOf('discharge', subject('ocpp2.1', { params })), undefined)
  })
  it('is INVALID_PARAMS where something is missing, or is of another kind', () => {
    for (const [command, params] of [
      ['set_power_limit', { power_limit: 'much' }],
      ['set_power_limit', { power_limit: Number.NaN }],
      ['set_schedule', { time_slots: [{ start: '25:00', end: '26:00', action: 'charge' }] }],
      ['set_schedule', { time_slots: [] }],
      ['firmware_upgrade', { firmware_version: '2.2.0' }],
    ] as const)
      assert.equal(reasonOf(command, subject('ocpp2.1', { params })), 'INVALID_PARAMS', JSON.stringify(params))
  })
  it('is NO_SESSION where there is nothing to stop', () => {
    assert.equal(reasonOf('stop_charging', subject('ocpp1.6')), 'NO_SESSION')
  })
})
