import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { CentralSystem } from './centralSystem.ts'
import { runOcppTwin } from './run.ts'

const central = new CentralSystem('ocpp1.6')
const ends = new AbortController()
let url = ''
let run: ReturnType<typeof runOcppTwin>

before(async () => {
  url = await central.listen()
  run = runOcppTwin({
    url,
    protocol: 'ocpp1.6',
    chargers: 1,
    password: 'sixteen characters',
    identities: ['CP 1/ä'],
    sessionsPerHour: 0,
    occupied: 0,
    faultRate: 0,
    reconnectRate: 0,
    signal: ends.signal,
  })
  await central.hears('StatusNotification')
  await central.ask('ChangeConfiguration', { key: 'MeterValueSampleInterval', value: '1' })
})
after(() => central.close())

const status = async (action: string, payload: object = {}) => (await central.ask(action, payload)).status
const becomes = (wanted: string, connectorId = 1) =>
  central.hears('StatusNotification', payload => payload.status === wanted && payload.connectorId === connectorId)
const isOver = (id: number) => (payload: { transactionId: number }) => payload.transactionId === id
const profile = (id: number, purpose: string, limit: number, more: object = {}) => ({
  chargingProfileId: id,
  stackLevel: 0,
  chargingProfilePurpose: purpose,
  chargingProfileKind: 'Relative',
  chargingSchedule: { chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit }] },
  ...more,
})
const powerIs =
  (most: number) => (payload: { meterValue: { sampledValue: { measurand: string; value: string }[] }[] }) => {
    const [meterValue] = payload.meterValue
    const power = meterValue!.sampledValue.find(({ measurand }) => measurand === 'Power.Active.Import')
    return power !== undefined && Number(power.value) <= most && Number(power.value) > most * 0.9
  }

describe('a 1.6 station of the twin', () => {
  it('shows its identity and password as RFC 7617 has it', () => {
    const [authorization] = central.authorizations
    assert.equal(Buffer.from(authorization!.slice(6), 'base64').toString(), 'CP 1/ä:sixteen characters')
  })

  it('boots first, and says how each connector is', async () => {
    const boot = await central.hears('BootNotification')
    assert.equal(boot.chargePointVendor, 'Tellus Power')
    await becomes('Available', 2)
    assert.equal((await central.hears('SecurityEventNotification')).type, 'StartupOfTheDevice')
  })

  it('tells its configuration and changes it', async () => {
    const { configurationKey, unknownKey } = await central.ask('GetConfiguration', {
      key: ['HeartbeatInterval', 'NumberOfConnectors', 'Nonsense'],
    })
    assert.deepEqual(configurationKey, [
      { key: 'HeartbeatInterval', readonly: false, value: '300' },
      { key: 'NumberOfConnectors', readonly: true, value: '2' },
    ])
    assert.deepEqual(unknownKey, ['Nonsense'])
    assert.ok((await central.ask('GetConfiguration')).configurationKey.length > 20)
    const change = (key: string, value: string) => status('ChangeConfiguration', { key, value })
    assert.equal(await change('HeartbeatInterval', 'often'), 'Rejected')
    assert.equal(await change('NumberOfConnectors', '3'), 'Rejected')
    assert.equal(await change('Nonsense', '3'), 'NotSupported')
    assert.equal(await change('HeartbeatInterval', '120'), 'Accepted')
  })

  it('starts when it is told to, measures and is limited by stacked profiles', async () => {
    const start = { connectorId: 1, idTag: 'REMOTE', chargingProfile: profile(1, 'TxProfile', 40_000) }
    assert.equal(await status('RemoteStartTransaction', start), 'Accepted')
    assert.equal((await central.hears('Authorize')).idTag, 'REMOTE')
    const { idTag, connectorId, meterStart } = await central.hears('StartTransaction')
    assert.deepEqual([idTag, connectorId], ['REMOTE', 1])
    await becomes('Charging')
    assert.equal(await status('RemoteStartTransaction', { connectorId: 1, idTag: 'OTHER' }), 'Rejected')
    const first = await central.hears('MeterValues', powerIs(40_000))
    assert.equal(first.transactionId, 1)
    const measurands = first.meterValue[0].sampledValue.map(({ measurand }: { measurand: string }) => measurand)
    assert.ok(measurands.includes('SoC') && measurands.includes('Voltage'), String(measurands))

    const set = (connectorId: number, csChargingProfiles: object) =>
      status('SetChargingProfile', { connectorId, csChargingProfiles })
    assert.equal(await set(0, profile(2, 'ChargePointMaxProfile', 9000)), 'Accepted')
    await central.hears('MeterValues', powerIs(9000))
    assert.equal(await set(1, profile(3, 'TxProfile', 6000, { stackLevel: 1, transactionId: 1 })), 'Accepted')
    await central.hears('MeterValues', powerIs(6000))
    assert.equal(await set(1, profile(4, 'TxProfile', 6000, { transactionId: 77 })), 'Rejected')
    assert.equal(await set(1, profile(5, 'ChargePointMaxProfile', 6000)), 'Rejected')

    const composite = await central.ask('GetCompositeSchedule', { connectorId: 1, duration: 600 })
    assert.deepEqual(composite.chargingSchedule.chargingSchedulePeriod, [{ startPeriod: 0, limit: 6000 }])
    assert.equal(await status('ClearChargingProfile', { id: 3 }), 'Accepted')
    assert.equal(await status('ClearChargingProfile', { id: 3 }), 'Unknown')
    await central.hears('MeterValues', powerIs(9000))
    assert.equal(await set(0, profile(2, 'ChargePointMaxProfile', 0)), 'Accepted')
    await becomes('SuspendedEVSE')
    assert.equal(await status('ClearChargingProfile'), 'Accepted')
    await becomes('Charging')

    assert.equal(await status('RemoteStopTransaction', { transactionId: 9 }), 'Rejected')
    assert.equal(await status('RemoteStopTransaction', { transactionId: 1 }), 'Accepted')
    const stop = await central.hears('StopTransaction', isOver(1))
    assert.deepEqual([stop.reason, stop.idTag, stop.meterStop >= meterStart], ['Remote', 'REMOTE', true])
    await becomes('Finishing')
  })

  it('unlocks, which ends what runs', async () => {
    await status('RemoteStartTransaction', { connectorId: 1, idTag: 'REMOTE' })
    await becomes('Charging')
    assert.equal(await status('UnlockConnector', { connectorId: 1 }), 'Unlocked')
    assert.equal((await central.hears('StopTransaction', isOver(2))).reason, 'UnlockCommand')
    assert.equal(await status('UnlockConnector', { connectorId: 5 }), 'NotSupported')
  })

  it('ends a session whose tag may not charge', async () => {
    central.answers.StartTransaction = () => ({ transactionId: 3, idTagInfo: { status: 'Blocked' } })
    await status('RemoteStartTransaction', { connectorId: 1, idTag: 'STOLEN' })
    assert.equal((await central.hears('StopTransaction', isOver(3))).reason, 'DeAuthorized')
    delete central.answers.StartTransaction
  })

  it('goes out of service and comes back, after a session when one runs', async () => {
    const change = (connectorId: number, type: string) => status('ChangeAvailability', { connectorId, type })
    assert.equal(await change(2, 'Inoperative'), 'Accepted')
    await becomes('Unavailable', 2)
    assert.equal(await status('RemoteStartTransaction', { connectorId: 2, idTag: 'REMOTE' }), 'Rejected')
    assert.equal(await change(2, 'Operative'), 'Accepted')
    await becomes('Available', 2)
    assert.equal(await change(7, 'Operative'), 'Rejected')
  })

  it('keeps a connector for who reserved it', async () => {
    const reservation = { connectorId: 2, idTag: 'MINE', reservationId: 5 }
    const expiryDate = new Date(Date.now() + 60_000).toISOString()
    assert.equal(await status('ReserveNow', { ...reservation, expiryDate }), 'Accepted')
    await becomes('Reserved', 2)
    assert.equal(await status('ReserveNow', { ...reservation, expiryDate, reservationId: 6 }), 'Occupied')
    assert.equal(await status('RemoteStartTransaction', { connectorId: 2, idTag: 'YOURS' }), 'Rejected')
    assert.equal(await status('CancelReservation', { reservationId: 5 }), 'Accepted')
    assert.equal(await status('CancelReservation', { reservationId: 5 }), 'Rejected')
    await becomes('Available', 2)
    const soon = new Date(Date.now() + 1000).toISOString()
    assert.equal(await status('ReserveNow', { ...reservation, expiryDate: soon }), 'Accepted')
    await becomes('Reserved', 2)
    await becomes('Available', 2)
  })

  it('keeps a list of tags', async () => {
    const tag = { idTag: 'LISTED', idTagInfo: { status: 'Accepted' } }
    const send = (listVersion: number, updateType: string, localAuthorizationList: object[]) =>
      status('SendLocalList', { listVersion, updateType, localAuthorizationList })
    assert.equal(await send(4, 'Full', [tag]), 'Accepted')
    assert.equal(await send(4, 'Differential', [tag]), 'VersionMismatch')
    assert.equal(await send(5, 'Differential', [{ idTag: 'LISTED' }]), 'Accepted')
    assert.equal((await central.ask('GetLocalListVersion')).listVersion, 5)
    assert.equal(await status('ClearCache'), 'Accepted')
  })

  it('says what it is asked to say', async () => {
    for (const requestedMessage of ['BootNotification', 'Heartbeat', 'MeterValues', 'FirmwareStatusNotification']) {
      assert.equal(await status('TriggerMessage', { requestedMessage }), 'Accepted')
      await central.hears(requestedMessage)
    }
    assert.equal(await status('TriggerMessage', { requestedMessage: 'StatusNotification', connectorId: 2 }), 'Accepted')
    await becomes('Available', 2)
    assert.equal(await status('ExtendedTriggerMessage', { requestedMessage: 'LogStatusNotification' }), 'Accepted')
    assert.equal((await central.hears('LogStatusNotification')).status, 'Idle')
    const sign = { requestedMessage: 'SignChargePointCertificate' }
    assert.equal(await status('ExtendedTriggerMessage', sign), 'NotImplemented')
  })

  it('uploads its log', async () => {
    const { fileName } = await central.ask('GetDiagnostics', { location: `${url}/upload` })
    assert.equal(fileName, 'CP 1/ä.log')
    await central.hears('DiagnosticsStatusNotification', payload => payload.status === 'Uploaded')
    assert.match(central.uploads[0]!, /registered/)
    const log = { remoteLocation: 'ftp://127.0.0.1/nowhere' }
    assert.equal(await status('GetLog', { log, logType: 'DiagnosticsLog', requestId: 3 }), 'Accepted')
    await central.hears(
      'LogStatusNotification',
      payload => payload.status === 'UploadFailure' && payload.requestId === 3,
    )
  })

  it('knows one kind of data transfer', async () => {
    assert.equal(await status('DataTransfer', { vendorId: 'com.example' }), 'UnknownVendorId')
    const echo = { vendorId: 'org.voltspec.twin', messageId: 'Echo', data: 'hello' }
    assert.deepEqual(await central.ask('DataTransfer', echo), { status: 'Accepted', data: 'hello' })
  })

  it('takes a new password, and connects with it', async () => {
    const value = Buffer.from('another password').toString('hex')
    assert.equal(await status('ChangeConfiguration', { key: 'AuthorizationKey', value: 'short' }), 'Rejected')
    central.heard.length = 0
    assert.equal(await status('ChangeConfiguration', { key: 'AuthorizationKey', value }), 'Accepted')
    await becomes('Available', 2)
    const secret = Buffer.from(central.authorizations.at(-1)!.slice(6), 'base64').toString()
    assert.equal(secret, 'CP 1/ä:another password')
  })

  it('keeps what happens without a connection, and says it afterwards in order', async () => {
    await status('RemoteStartTransaction', { connectorId: 1, idTag: 'REMOTE' })
    const { timestamp } = await central.hears('StartTransaction', ({ idTag }) => idTag === 'REMOTE')
    central.shut()
    await new Promise(resolve => setTimeout(resolve, 2500))
    central.heard.length = 0
    central.reopen()
    const values = await central.hears('MeterValues')
    assert.ok(Date.parse(values.meterValue[0].timestamp) < Date.now() - 500)
    assert.ok(Date.parse(values.meterValue[0].timestamp) > Date.parse(timestamp))
    await becomes('Charging')
  })

  it('resets, which ends what runs and boots it', async () => {
    central.heard.length = 0
    assert.equal(await status('Reset', { type: 'Hard' }), 'Accepted')
    assert.equal((await central.hears('StopTransaction')).reason, 'HardReset')
    await central.hears('BootNotification')
  })

  it('ends with everything said', async () => {
    ends.abort()
    const summary = await run
    assert.equal(summary.ok, true, JSON.stringify(summary))
    assert.equal(summary.transactions.acknowledged, summary.transactions.sent)
    assert.ok(summary.commands.SetChargingProfile! >= 3)
  })
})
