import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { CentralSystem } from './centralSystem.ts'
import { runOcppTwin } from './run.ts'

const central = new CentralSystem('ocpp2.0.1')
const ends = new AbortController()
let url = ''
let run: ReturnType<typeof runOcppTwin>

before(async () => {
  url = await central.listen()
  run = runOcppTwin({
    url,
    protocol: 'ocpp2.0.1',
    chargers: 1,
    password: 'sixteen characters',
    sessionsPerHour: 0,
    occupied: 0,
    faultRate: 0,
    reconnectRate: 0,
    signal: ends.signal,
  })
  await central.hears('StatusNotification')
})
after(() => central.close())

const status = async (action: string, payload: object = {}) => (await central.ask(action, payload)).status
const becomes = (wanted: string, evseId = 1) =>
  central.hears('StatusNotification', payload => payload.connectorStatus === wanted && payload.evseId === evseId)
// biome-ignore lint/suspicious/noExplicitAny: an event has what the test expects, or the test fails.
const event = (eventType: string, fits: (payload: any) => boolean = () => true) =>
  central.hears('TransactionEvent', payload => payload.eventType === eventType && fits(payload))
const idToken = { idToken: 'REMOTE', type: 'Central' }
const sampled = (name: string, name2 = 'TxUpdatedInterval') => ({ component: { name }, variable: { name: name2 } })
const profile = (id: number, chargingProfilePurpose: string, limit: number, more: object = {}) => ({
  id,
  stackLevel: 0,
  chargingProfilePurpose,
  chargingProfileKind: 'Relative',
  chargingSchedule: [{ id: 1, chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit }] }],
  ...more,
})
// biome-ignore lint/suspicious/noExplicitAny: an event has what the test expects, or the test fails.
const powerIs = (most: number) => (payload: any) =>
  payload.meterValue?.[0].sampledValue.some(
    ({ measurand, value }: { measurand: string; value: number }) =>
      measurand === 'Power.Active.Import' && value <= most && value > most * 0.9,
  )

/** A root that signed itself, made by OpenSSL, and what OpenSSL puts of it into a question about it (RFC 6960). */
const ROOT = `-----BEGIN CERTIFICATE-----
MIIBdzCCARygAwIBAgIDAaKzMAoGCCqGSM49BAMCMBkxFzAVBgNVBAMMDlR3aW4g
VGVzdCBSb290MB4XDTI2MTEyMTEwMzMwMloXDTQ2MTExNjEwMzMwMlowGTEXMBUG
A1UEAwwOVHdpbiBUZXN0IFJvb3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQq
HsbhVG9zaP7IiRUH95i9xDtRonCy+VmOeqCjLwcieyZkaaW0kV0gaDNjZJlX1ILs
gTpvEKgbC6k4oZOBSpA2o1MwUTAdBgNVHQ4EFgQUfBKXIrtPhjFXx3mcORbz5TFr
+jQwHwYDVR0jBBgwFoAUfBKXIrtPhjFXx3mcORbz5TFr+jQwDwYDVR0TAQH/BAUw
AwEB/zAKBggqhkjOPQQDAgNJADBGAiEAiviCpy3hq2+bWizKAAyYzFJm2UiHgmov
XQIPClGLGyYCIQCYyFUoNM+u1jPEqZhy6djo+L0Og9E+ksW6GzV8evHSVQ==
-----END CERTIFICATE-----
`
const ROOT_HASH = {
  hashAlgorithm: 'SHA256',
  issuerNameHash: 'bb60fc3ca07153f3d457ea3a158818ea63d7b6295e04afd2106f0003d915cda0',
  issuerKeyHash: '866dd76971a1f7f0fd8c08044381ebec4573c5c9fcc442812d53f0ca8515797b',
  serialNumber: '1a2b3',
}

describe('a 2.0.1 station of the twin', () => {
  it('boots first, and says how each connector is', async () => {
    const { reason, chargingStation } = await central.hears('BootNotification')
    assert.deepEqual([reason, chargingStation.vendorName], ['PowerUp', 'Tellus Power'])
    await becomes('Available', 2)
  })

  it('gets and sets variables', async () => {
    const asked = [
      sampled('SampledDataCtrlr'),
      sampled('SampledDataCtrlr', 'Nonsense'),
      sampled('Nonsense'),
      { ...sampled('SampledDataCtrlr'), attributeType: 'MaxSet' },
      sampled('SecurityCtrlr', 'BasicAuthPassword'),
    ]
    const { getVariableResult } = await central.ask('GetVariables', { getVariableData: asked })
    assert.deepEqual(
      getVariableResult.map(({ attributeStatus }: { attributeStatus: string }) => attributeStatus),
      ['Accepted', 'UnknownVariable', 'UnknownComponent', 'NotSupportedAttributeType', 'Rejected'],
    )
    assert.equal(getVariableResult[0].attributeValue, '10')
    const setVariableData = [
      { ...sampled('SampledDataCtrlr'), attributeValue: '1' },
      { ...sampled('SampledDataCtrlr'), attributeValue: 'often' },
      { ...sampled('SecurityCtrlr', 'BasicAuthPassword'), attributeValue: 'short' },
    ]
    const { setVariableResult } = await central.ask('SetVariables', { setVariableData })
    assert.deepEqual(
      setVariableResult.map(({ attributeStatus }: { attributeStatus: string }) => attributeStatus),
      ['Accepted', 'Rejected', 'Rejected'],
    )
  })

  it('reports what it has, in pages', async () => {
    assert.equal(await status('GetBaseReport', { requestId: 9, reportBase: 'FullInventory' }), 'Accepted')
    const first = await central.hears('NotifyReport', ({ seqNo }) => seqNo === 0)
    const second = await central.hears('NotifyReport', ({ seqNo }) => seqNo === 1)
    assert.deepEqual([first.requestId, first.tbc, first.reportData.length], [9, true, 15])
    assert.ok(second.reportData.length > 0)
    const componentVariable = [{ component: { name: 'TxCtrlr' } }]
    assert.equal(await status('GetReport', { requestId: 10, componentVariable }), 'Accepted')
    const { reportData } = await central.hears('NotifyReport', ({ requestId }) => requestId === 10)
    assert.ok(reportData.every(({ component }: { component: { name: string } }) => component.name === 'TxCtrlr'))
    const nothing = [{ component: { name: 'Nonsense' } }]
    assert.equal(await status('GetReport', { requestId: 11, componentVariable: nothing }), 'EmptyResultSet')
  })

  it('starts when it is told to, is limited by stacked profiles and stops', async () => {
    const start = { evseId: 1, idToken, remoteStartId: 42, chargingProfile: profile(1, 'TxProfile', 40_000) }
    assert.equal(await status('RequestStartTransaction', start), 'Accepted')
    const started = await event('Started')
    const { transactionId, remoteStartId } = started.transactionInfo
    assert.deepEqual([started.triggerReason, remoteStartId, started.seqNo], ['RemoteStart', 42, 0])
    assert.deepEqual(started.idToken, idToken)
    await becomes('Occupied')
    await event('Updated', powerIs(40_000))
    const set = (evseId: number, chargingProfile: object) => status('SetChargingProfile', { evseId, chargingProfile })
    assert.equal(await set(0, profile(2, 'ChargingStationMaxProfile', 9000)), 'Accepted')
    await event('Updated', powerIs(9000))
    assert.equal(await set(1, profile(3, 'TxProfile', 6000, { stackLevel: 2, transactionId })), 'Accepted')
    await event('Updated', powerIs(6000))
    assert.equal(await set(1, profile(4, 'TxProfile', 6000, { transactionId: 'unknown' })), 'Rejected')
    const { schedule } = await central.ask('GetCompositeSchedule', { evseId: 1, duration: 300, chargingRateUnit: 'A' })
    assert.deepEqual(schedule.chargingSchedulePeriod, [{ startPeriod: 0, limit: 8.7 }])
    assert.equal(await status('GetChargingProfiles', { requestId: 4, chargingProfile: {} }), 'Accepted')
    const report = await central.hears('ReportChargingProfiles', ({ evseId }) => evseId === 1)
    assert.deepEqual(
      report.chargingProfile.map(({ id }: { id: number }) => id),
      [1, 3],
    )
    assert.equal(
      await status('ClearChargingProfile', { chargingProfileCriteria: { evseId: 1, stackLevel: 2 } }),
      'Accepted',
    )
    await event('Updated', powerIs(9000))
    assert.equal(await set(0, profile(2, 'ChargingStationMaxProfile', 0)), 'Accepted')
    await event('Updated', ({ transactionInfo }) => transactionInfo.chargingState === 'SuspendedEVSE')
    assert.equal(await status('ClearChargingProfile', { chargingProfileId: 2 }), 'Accepted')

    const ongoing = await central.ask('GetTransactionStatus', { transactionId })
    assert.equal(ongoing.ongoingIndicator, true)
    const cost = { transactionId, totalCost: 3.2 }
    assert.deepEqual(await central.ask('CostUpdated', cost), {})
    assert.equal(await status('UnlockConnector', { evseId: 1, connectorId: 1 }), 'OngoingAuthorizedTransaction')
    assert.equal(await status('Reset', { type: 'OnIdle' }), 'Scheduled')
    assert.equal(await status('RequestStopTransaction', { transactionId }), 'Accepted')
    const ended = await event('Ended')
    assert.deepEqual([ended.transactionInfo.stoppedReason, ended.triggerReason], ['Remote', 'RemoteStop'])
    assert.equal((await central.ask('GetTransactionStatus', { transactionId })).ongoingIndicator, false)
    assert.equal(await status('RequestStopTransaction', { transactionId }), 'Rejected')
    assert.equal((await central.hears('BootNotification')).reason, 'RemoteReset')
  })

  it('ends a session whose token may not charge', async () => {
    await central.hears('SecurityEventNotification')
    central.answers.TransactionEvent = ({ idToken }) =>
      idToken === undefined ? {} : { idTokenInfo: { status: 'Blocked' } }
    await status('RequestStartTransaction', { evseId: 2, idToken, remoteStartId: 43 })
    assert.equal((await event('Ended')).transactionInfo.stoppedReason, 'DeAuthorized')
    delete central.answers.TransactionEvent
  })

  it('goes out of service and comes back', async () => {
    central.heard.length = 0
    const change = (operationalStatus: string, evse?: object) =>
      status('ChangeAvailability', { operationalStatus, ...(evse && { evse }) })
    assert.equal(await change('Inoperative', { id: 2 }), 'Accepted')
    await becomes('Unavailable', 2)
    assert.equal(await change('Operative'), 'Accepted')
    assert.equal(await change('Operative', { id: 9 }), 'Rejected')
  })

  it('reserves, keeps a list of tokens, and shows messages', async () => {
    const expiryDateTime = new Date(Date.now() + 60_000).toISOString()
    const reservation = { id: 5, idToken, expiryDateTime }
    assert.equal(await status('ReserveNow', { ...reservation, evseId: 9 }), 'Rejected')
    assert.equal(await status('CancelReservation', { reservationId: 5 }), 'Rejected')
    const localAuthorizationList = [{ idToken, idTokenInfo: { status: 'Accepted' } }]
    assert.equal(
      await status('SendLocalList', { versionNumber: 2, updateType: 'Full', localAuthorizationList }),
      'Accepted',
    )
    assert.equal((await central.ask('GetLocalListVersion')).versionNumber, 2)
    assert.equal(await status('CustomerInformation', { requestId: 1, report: true, clear: true, idToken }), 'Accepted')
    assert.match((await central.hears('NotifyCustomerInformation')).data, /Accepted/)
    assert.equal(await status('ClearCache'), 'Accepted')
    const message = { id: 3, priority: 'NormalCycle', message: { format: 'UTF8', content: 'Guten Tag' } }
    assert.equal(await status('SetDisplayMessage', { message }), 'Accepted')
    assert.equal(await status('GetDisplayMessages', { requestId: 6 }), 'Accepted')
    assert.deepEqual((await central.hears('NotifyDisplayMessages')).messageInfo, [message])
    assert.equal(await status('ClearDisplayMessage', { id: 3 }), 'Accepted')
    assert.equal(await status('ClearDisplayMessage', { id: 3 }), 'Unknown')
  })

  it('keeps monitors', async () => {
    const wanted = { value: 5, type: 'UpperThreshold', severity: 4, ...sampled('SampledDataCtrlr') }
    const setMonitoringData = [wanted, { ...wanted, component: { name: 'Nonsense' } }]
    const { setMonitoringResult } = await central.ask('SetVariableMonitoring', { setMonitoringData })
    assert.deepEqual(
      setMonitoringResult.map((result: { status: string }) => result.status),
      ['Accepted', 'UnknownComponent'],
    )
    assert.equal(await status('GetMonitoringReport', { requestId: 8 }), 'Accepted')
    assert.equal((await central.hears('NotifyMonitoringReport')).monitor[0].variableMonitoring[0].id, 1)
    const { clearMonitoringResult } = await central.ask('ClearVariableMonitoring', { id: [1, 2] })
    assert.deepEqual(
      clearMonitoringResult.map((result: { status: string }) => result.status),
      ['Accepted', 'NotFound'],
    )
    assert.equal(await status('GetMonitoringReport', { requestId: 8 }), 'EmptyResultSet')
    assert.equal(await status('SetMonitoringBase', { monitoringBase: 'All' }), 'Accepted')
    assert.equal(await status('SetMonitoringLevel', { severity: 3 }), 'Accepted')
  })

  it('says what it is asked to say, and uploads its log', async () => {
    for (const requestedMessage of ['BootNotification', 'Heartbeat', 'MeterValues', 'LogStatusNotification']) {
      assert.equal(await status('TriggerMessage', { requestedMessage }), 'Accepted')
      await central.hears(requestedMessage)
    }
    assert.equal(await status('TriggerMessage', { requestedMessage: 'SignV2GCertificate' }), 'NotImplemented')
    const log = { remoteLocation: `${url}/upload` }
    assert.equal(await status('GetLog', { log, logType: 'DiagnosticsLog', requestId: 12 }), 'Accepted')
    await central.hears('LogStatusNotification', payload => payload.status === 'Uploaded' && payload.requestId === 12)
    assert.match(central.uploads[0]!, /registered/)
    const echo = { vendorId: 'org.voltspec.twin', messageId: 'Echo', data: { deep: [1] } }
    assert.deepEqual((await central.ask('DataTransfer', echo)).data, { deep: [1] })
  })

  it('keeps root certificates by their hashes', async () => {
    const install = (certificate: string) =>
      status('InstallCertificate', { certificateType: 'CSMSRootCertificate', certificate })
    assert.equal(await install('no certificate'), 'Rejected')
    assert.equal(await status('GetInstalledCertificateIds'), 'NotFound')
    assert.equal(await install(ROOT), 'Accepted')
    const { certificateHashDataChain } = await central.ask('GetInstalledCertificateIds')
    const { certificateHashData } = certificateHashDataChain[0]
    assert.deepEqual(certificateHashData, ROOT_HASH)
    assert.equal(await status('DeleteCertificate', { certificateHashData }), 'Accepted')
    assert.equal(await status('DeleteCertificate', { certificateHashData }), 'NotFound')
    assert.equal(await status('CertificateSigned', { certificateChain: ROOT }), 'Rejected')
  })

  it('tells what happened without a connection, and that it was offline', async () => {
    await status('RequestStartTransaction', { evseId: 1, idToken, remoteStartId: 44 })
    await event('Started')
    central.shut()
    await new Promise(resolve => setTimeout(resolve, 2500))
    central.heard.length = 0
    central.reopen()
    const late = await event('Updated', ({ offline }) => offline === true)
    const next = await event('Updated', ({ seqNo }) => seqNo === late.seqNo + 1)
    assert.ok(Date.parse(next.timestamp) > Date.parse(late.timestamp))
    await status('Reset', { type: 'Immediate' })
    assert.equal((await event('Ended')).transactionInfo.stoppedReason, 'ImmediateReset')
    await central.hears('BootNotification')
    await central.hears('SecurityEventNotification')
  })

  it('ends with everything said', async () => {
    ends.abort()
    const summary = await run
    assert.equal(summary.ok, true, JSON.stringify(summary))
  })
})
