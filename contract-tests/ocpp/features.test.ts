import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { runOcppTwin } from '../../twin/ocpp/run.ts'
import { eventually } from '../processes/workplace.ts'
import { closeStations, connectRaw, type RawStation } from '../support/rawStation.ts'
import { startTestServer } from '../support/testServer.ts'

const server = await startTestServer({ OCPP_ENROLLMENT: 'open' })
const token = await server.operator()
const { password } = server.credentials.ocpp
after(closeStations)

const BOOT = {
  'ocpp1.6': { chargePointVendor: 'Example', chargePointModel: 'One' },
  'ocpp2.1': { reason: 'PowerUp', chargingStation: { vendorName: 'Example', model: 'One' } },
}

async function shown(identity: string): Promise<string[] | undefined> {
  const { body } = await server.call('GET', `/v1/devices?ocpp_identity=${identity}`, { token })
  return body.data.items[0]?.ocpp_negotiated_features
}

const becomes = (identity: string, features: string[]) =>
  eventually(`${identity} to show ${features}`, 5000, async () => {
    const now = await shown(identity)
    return JSON.stringify(now) === JSON.stringify(features) ? true : undefined
  })

/** A station that enrolled itself and has booted; nothing that it was asked is answered. */
async function booted(protocol: keyof typeof BOOT, isAskedForFeatures = true) {
  const identity = `CP-${randomUUID()}`
  const station = await connectRaw(server.url, { identity, password, protocols: [protocol], isAskedForFeatures })
  await boot(station, protocol)
  return { identity, station }
}

async function boot(station: RawStation, protocol: keyof typeof BOOT): Promise<void> {
  assert.equal((await station.call('BootNotification', BOOT[protocol]))[0], 3)
}

async function answer(station: RawStation, payload: object): Promise<void> {
  const [type, id, action] = await station.next()
  assert.deepEqual([type, action], [2, 'GetConfiguration'])
  station.send([3, id, payload])
}

const profiles = (value: string) => ({
  configurationKey: [{ key: 'SupportedFeatureProfiles', readonly: true, value }],
})

describe('the features of a device', () => {
  const OF_TWIN = {
    'ocpp1.6': [
      'Core',
      'FirmwareManagement',
      'LocalAuthListManagement',
      'Reservation',
      'SmartCharging',
      'RemoteTrigger',
    ],
    'ocpp2.0.1': ['LocalAuthListManagement', 'Reservation', 'SmartCharging', 'Monitoring', 'DisplayMessage'],
  }
  for (const protocol of ['ocpp1.6', 'ocpp2.0.1'] as const)
    it(`are those of a station of the twin, by ${protocol}`, async () => {
      const identity = `TWIN-${protocol}`
      const options = { url: server.url, protocol, password, chargers: 1, identities: [identity], duration: 3 }
      const summary = await runOcppTwin({ ...options, faultRate: 0, reconnectRate: 0 })
      assert.equal(summary.ok, true, JSON.stringify(summary))
      assert.deepEqual(await shown(identity), OF_TWIN[protocol])
    })

  it('change when a station says something else after its next boot', async () => {
    const { identity, station } = await booted('ocpp1.6')
    await answer(station, profiles('Core,SmartCharging,Magic'))
    await becomes(identity, ['Core', 'SmartCharging'])
    await boot(station, 'ocpp1.6')
    await answer(station, profiles('Core'))
    await becomes(identity, ['Core'])
  })

  it('stay as they are where a station does not say them, or not as its version does', async () => {
    const { identity, station } = await booted('ocpp1.6')
    await answer(station, profiles('Core,Reservation'))
    await becomes(identity, ['Core', 'Reservation'])
    for (const said of [{ status: 'Accepted' }, { configurationKey: 7 }]) {
      await boot(station, 'ocpp1.6')
      await answer(station, said)
      // Calls are handled in order, and the answer came before this one.
      assert.equal((await station.call('Heartbeat'))[0], 3)
      assert.deepEqual(await shown(identity), ['Core', 'Reservation'])
    }
  })

  it('are asked a few at a time, and are not known by half', async () => {
    const { identity, station } = await booted('ocpp2.1')
    const [, first, action, payload] = await station.next()
    const { getVariableData } = payload as { getVariableData: { component: object; variable: object }[] }
    assert.equal(action, 'GetVariables')
    const accepted = { attributeStatus: 'Accepted', attributeValue: 'true' }
    station.send([3, first, { getVariableResult: getVariableData.map(asked => ({ ...asked, ...accepted })) }])
    const [, second] = await station.next()
    station.send([4, second, 'InternalError', '', {}])
    assert.equal((await station.call('Heartbeat'))[0], 3)
    assert.ok(!(await shown(identity))?.length)
  })

  it('keep no answer waiting', async () => {
    const { station } = await booted('ocpp1.6')
    assert.deepEqual((await station.next()).slice(0, 1), [2])
    assert.equal((await station.call('Heartbeat'))[0], 3)
  })
})
