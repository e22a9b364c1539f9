import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { hashSecret } from '../../../src/auth/secrets.ts'
import * as stations from '../../../src/store/ocppStations.ts'
import * as proxies from '../../../src/store/proxies.ts'
import * as proxyQueue from '../../../src/store/proxyQueue.ts'
import * as tenants from '../../../src/store/tenants.ts'
import { eventually } from '../../processes/workplace.ts'
import { connectStation, type RpcStation } from '../../support/rpcStation.ts'
import { startTestServer } from '../../support/testServer.ts'
import { startUpstream, type UpstreamServer } from '../../support/upstreamServer.ts'

type Params = Record<string, unknown>

const server = await startTestServer({ PROXY_ALLOWED_HOSTS: '127.0.0.1' })
const { db } = server.services
const tenantId = (await tenants.findBySlug(db, 'acme'))!
const upstreams = { 'ocpp1.6': await startUpstream('ocpp1.6'), 'ocpp2.0.1': await startUpstream('ocpp2.0.1') }
const open: RpcStation[] = []
after(async () => {
  for (const station of open) await station.close()
  for (const upstream of Object.values(upstreams)) await upstream.goAway()
})

/** A station that is known and proxied, on the way to its first word. */
async function connect(identity: string, protocol: 'ocpp1.6' | 'ocpp2.0.1', upstream: UpstreamServer) {
  await stations.create(db, { identity, tenantId, passwordHash: hashSecret('secret') })
  await proxies.put(db, {
    tenantId,
    identity,
    upstreamUrl: upstream.url,
    upstreamProtocol: protocol === 'ocpp1.6' ? 'ocpp2.0.1' : 'ocpp1.6',
    password: 'shown upstream',
    enabled: true,
  })
  return dial(identity, protocol)
}

async function dial(identity: string, protocol: string): Promise<RpcStation> {
  const station = await connectStation(server.url, { identity, password: 'secret', protocol })
  open.push(station)
  return station
}

const eventsOf = (identity: string) =>
  db('ocpp.proxy_events')
    .where({ identity })
    .orderBy('event_id')
    .select('type', 'from_protocol', 'to_protocol', 'method')
const seen = (identity: string, type: string) =>
  eventually(`${type} of ${identity}`, 10_000, async () =>
    (await eventsOf(identity)).some(event => event.type === type),
  )
const TIME = () => new Date().toISOString()

describe('a 1.6 station under a 2.0.1 upstream', () => {
  const upstream = upstreams['ocpp2.0.1']
  let station: RpcStation
  let transactionId: number
  let upstreamId: string

  before(async () => {
    station = await connect('PX-16', 'ocpp1.6', upstream)
  })

  it('registers there with its own password', async () => {
    const boot = { chargePointVendor: 'Vendor', chargePointModel: 'Model' }
    assert.equal((await station.call('BootNotification', boot)).status, 'Accepted')
    const [told] = await upstream.next('BootNotification')
    assert.deepEqual(told, { reason: 'PowerUp', chargingStation: { vendorName: 'Vendor', model: 'Model' } })
    assert.deepEqual(upstream.passwords, ['shown upstream'])
    await seen('PX-16', 'upstream_connected')
  })
  it('says that it is there and what its connectors do', async () => {
    await station.call('Heartbeat', {})
    await station.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Preparing' })
    const [, status] = await upstream.next('Heartbeat', 'StatusNotification')
    assert.equal(status!.connectorStatus, 'Occupied')
  })
  it('lets the upstream decide who may charge', async () => {
    upstream.answers.Authorize = () => ({ idTokenInfo: { status: 'Blocked' } })
    assert.deepEqual(await station.call('Authorize', { idTag: 'TAG-1' }), { idTagInfo: { status: 'Blocked' } })
    upstream.answers.Authorize = () => ({ idTokenInfo: { status: 'Accepted' } })
    assert.deepEqual(await station.call('Authorize', { idTag: 'TAG-1' }), { idTagInfo: { status: 'Accepted' } })
    await upstream.next('Authorize', 'Authorize')
  })
  it('tells of a transaction', async () => {
    upstream.answers.TransactionEvent = () => ({ idTokenInfo: { status: 'Accepted' } })
    const started = await station.call('StartTransaction', {
      connectorId: 1,
      idTag: 'TAG-1',
      meterStart: 1000,
      timestamp: TIME(),
    })
    assert.deepEqual(started.idTagInfo, { status: 'Accepted' })
    transactionId = started.transactionId
    const meterValue = [{ timestamp: TIME(), sampledValue: [{ value: '1500' }] }]
    await station.call('MeterValues', { connectorId: 1, transactionId, meterValue })
    const [first, second] = await upstream.next('TransactionEvent', 'TransactionEvent')
    assert.deepEqual([first!.eventType, first!.seqNo], ['Started', 0])
    assert.deepEqual([second!.eventType, second!.seqNo], ['Updated', 1])
    upstreamId = (first!.transactionInfo as { transactionId: string }).transactionId
    assert.deepEqual(second!.transactionInfo, { transactionId: upstreamId })
  })
  it('does what the upstream asks for', async () => {
    const idToken = { idToken: 'TAG-1', type: 'Central' }
    await upstream.call('RequestStartTransaction', { idToken, remoteStartId: 1, evseId: 2 })
    assert.deepEqual(await upstream.call('RequestStopTransaction', { transactionId: upstreamId }), {
      status: 'Accepted',
    })
    await upstream.call('Reset', { type: 'OnIdle' })
    await upstream.call('DataTransfer', { vendorId: 'vendor', data: { a: 1 } })
    assert.deepEqual(
      station.handled.splice(0),
      [
        { method: 'RemoteStartTransaction', params: { idTag: 'TAG-1', connectorId: 2 } },
        { method: 'RemoteStopTransaction', params: { transactionId } },
        { method: 'Reset', params: { type: 'Soft' } },
        { method: 'DataTransfer', params: { vendorId: 'vendor', data: '{"a":1}' } },
      ].map(call => call),
    )
    await assert.rejects(upstream.call('ClearCache', {}), { rpcErrorCode: 'NotSupported' })
  })
  it('is answered while the upstream is away, which hears of it afterwards and in order', async () => {
    await upstream.goAway()
    await seen('PX-16', 'upstream_lost')
    for (const value of ['2000', '2500']) {
      const meterValue = [{ timestamp: TIME(), sampledValue: [{ value }] }]
      await station.call('MeterValues', { connectorId: 1, transactionId, meterValue })
    }
    await station.call('StopTransaction', { transactionId, meterStop: 3000, timestamp: TIME(), reason: 'Local' })
    await upstream.comeBack()
    const [, , ...events] = await upstream.next(
      'BootNotification',
      'StatusNotification',
      'TransactionEvent',
      'TransactionEvent',
      'TransactionEvent',
    )
    assert.deepEqual(
      events.map(({ eventType, seqNo }) => `${eventType} ${seqNo}`),
      ['Updated 2', 'Updated 3', 'Ended 4'],
    )
    for (const { transactionInfo } of events)
      assert.equal((transactionInfo as { transactionId: string }).transactionId, upstreamId)
    await eventually('an empty queue', 5000, async () => (await db('ocpp.proxy_queue').first()) === undefined)
  })
  it('is seen in the events of the proxy', async () => {
    const events = await eventsOf('PX-16')
    const translations = events.filter(({ type }) => type === 'translation')
    for (const method of [
      'BootNotification',
      'Heartbeat',
      'StatusNotification',
      'Authorize',
      'StartTransaction',
      'StopTransaction',
    ])
      assert.ok(
        translations.some(event => event.method === method && event.from_protocol === 'ocpp1.6'),
        method,
      )
    assert.ok(translations.some(event => event.method === 'Reset' && event.from_protocol === 'ocpp2.0.1'))
  })
  it('is still in our own model', async () => {
    const transaction = await db('ocpp.transactions').first().where({ identity: 'PX-16' })
    assert.equal(transaction.meter_stop_wh, 3000)
  })
})

describe('a 2.0.1 station under a 1.6 upstream', () => {
  const upstream = upstreams['ocpp1.6']
  const uuid = '6f1d2a3e-6c1d-4a52-9d8e-0d6a2f1b7c11'
  let station: RpcStation
  const event = (payload: Params) => ({
    timestamp: TIME(),
    triggerReason: 'MeterValuePeriodic',
    seqNo: 0,
    transactionInfo: { transactionId: uuid },
    evse: { id: 1, connectorId: 1 },
    ...payload,
  })

  before(async () => {
    station = await connect('PX-201', 'ocpp2.0.1', upstream)
  })

  it('registers there', async () => {
    await station.call('BootNotification', {
      reason: 'PowerUp',
      chargingStation: { vendorName: 'Vendor', model: 'Model' },
    })
    const [told] = await upstream.next('BootNotification')
    assert.deepEqual(told, { chargePointVendor: 'Vendor', chargePointModel: 'Model' })
    await seen('PX-201', 'upstream_connected')
  })
  it('lets the upstream decide who may charge', async () => {
    upstream.answers.Authorize = () => ({ idTagInfo: { status: 'Expired' } })
    const answer = await station.call('Authorize', { idToken: { idToken: 'TAG-1', type: 'ISO14443' } })
    assert.deepEqual(answer, { idTokenInfo: { status: 'Expired' } })
    await upstream.next('Authorize')
  })
  it('tells of a transaction under the number of the upstream', async () => {
    upstream.answers.StartTransaction = () => ({ transactionId: 4711, idTagInfo: { status: 'Blocked' } })
    const idToken = { idToken: 'TAG-1', type: 'ISO14443' }
    const started = event({ eventType: 'Started', triggerReason: 'Authorized', idToken })
    const answer = await station.call('TransactionEvent', started)
    assert.deepEqual(answer.idTokenInfo, { status: 'Blocked' })
    const meterValue = [{ timestamp: TIME(), sampledValue: [{ value: 1500 }] }]
    await station.call('TransactionEvent', event({ eventType: 'Updated', seqNo: 1, meterValue }))
    const [, measured] = await upstream.next('StartTransaction', 'MeterValues')
    assert.equal(measured!.transactionId, 4711)
  })
  it('does what the upstream asks for', async () => {
    assert.deepEqual(await upstream.call('RemoteStopTransaction', { transactionId: 4711 }), { status: 'Accepted' })
    assert.deepEqual(await upstream.call('RemoteStopTransaction', { transactionId: 1 }), { status: 'Rejected' })
    await upstream.call('RemoteStartTransaction', { idTag: 'TAG-1', connectorId: 1 })
    await upstream.call('Reset', { type: 'Hard' })
    await upstream.call('DataTransfer', { vendorId: 'vendor', data: 'x' })
    assert.deepEqual(
      station.handled.map(({ method }) => method),
      ['RequestStopTransaction', 'RequestStartTransaction', 'Reset', 'DataTransfer'],
    )
    assert.deepEqual(station.handled[0]!.params, { transactionId: uuid })
  })
  it('ends under that number', async () => {
    const transactionInfo = { transactionId: uuid, stoppedReason: 'EVDisconnected' }
    const meterValue = [{ timestamp: TIME(), sampledValue: [{ value: 3000 }] }]
    const ended = event({ eventType: 'Ended', triggerReason: 'EVDeparted', seqNo: 2, transactionInfo, meterValue })
    await station.call('TransactionEvent', ended)
    const [stop] = await upstream.next('StopTransaction')
    assert.deepEqual([stop!.transactionId, stop!.meterStop, stop!.reason], [4711, 3000, 'EVDisconnected'])
  })
})

describe('what an upstream cannot be told', () => {
  const upstream = upstreams['ocpp1.6']
  const identity = 'PX-ODD'
  const evse = { id: 1, connectorId: 1 }
  const idToken = { idToken: 'TAG-1', type: 'ISO14443' }
  const told = (transactionId: string, rest: Params) => ({
    timestamp: TIME(),
    triggerReason: 'Authorized',
    eventType: 'Started',
    seqNo: 0,
    transactionInfo: { transactionId },
    evse,
    idToken,
    ...rest,
  })
  const isEmpty = () =>
    eventually(
      'an empty queue',
      10_000,
      async () => (await db('ocpp.proxy_queue').where({ identity }).first()) === undefined,
    )

  it('does not keep back what follows', async () => {
    await connect(identity, 'ocpp2.0.1', upstream).then(station => station.close())
    const message = { action: 'MeterValues', payload: { transactionId: 17 }, answer: {}, receivedAt: new Date() }
    await proxyQueue.enqueue(db, tenantId, identity, message)
    const station = await dial(identity, 'ocpp2.0.1')
    await station.call('BootNotification', {
      reason: 'PowerUp',
      chargingStation: { vendorName: 'Vendor', model: 'Model' },
    })
    upstream.answers.StartTransaction = () => ({ transactionId: 0, idTagInfo: { status: 'Accepted' } })
    await station.call('TransactionEvent', told('first', {}))
    await upstream.next('StartTransaction')
    await isEmpty()
  })
  it('is no second transaction of the same number: it means the latest', async () => {
    const station = await dial(identity, 'ocpp2.0.1')
    await seen(identity, 'upstream_connected')
    await station.call('TransactionEvent', told('second', {}))
    await upstream.next('StartTransaction')
    await isEmpty()
    assert.deepEqual(await upstream.call('RemoteStopTransaction', { transactionId: 0 }), { status: 'Accepted' })
    assert.deepEqual(station.handled.at(-1)!.params, { transactionId: 'second' })
  })
})

describe('what is refused', () => {
  it('an upstream whose host is not allowed any more is not called', async () => {
    const identity = 'PX-FAR'
    await stations.create(db, { identity, tenantId, passwordHash: hashSecret('secret') })
    await proxies.put(db, {
      tenantId,
      identity,
      upstreamUrl: 'wss://elsewhere.example.com/',
      upstreamProtocol: 'ocpp2.0.1',
      password: null,
      enabled: true,
    })
    const station = await dial(identity, 'ocpp1.6')
    await seen(identity, 'error')
    assert.deepEqual(
      (await eventsOf(identity)).map(({ type }) => type),
      ['error'],
    )
    assert.ok((await station.call('Heartbeat', {})).currentTime)
  })
})
