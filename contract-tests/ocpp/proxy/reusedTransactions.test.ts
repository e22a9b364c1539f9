import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { hashSecret } from '../../../src/auth/secrets.ts'
import * as stations from '../../../src/store/ocppStations.ts'
import * as proxies from '../../../src/store/proxies.ts'
import * as tenants from '../../../src/store/tenants.ts'
import { eventually } from '../../processes/workplace.ts'
import { connectStation } from '../../support/rpcStation.ts'
import { startTestServer } from '../../support/testServer.ts'
import { startUpstream } from '../../support/upstreamServer.ts'

/** A station of 2.0.1 that counts its transactions anew whenever it restarts, under an upstream of 1.6. */

const identity = 'PX-COUNTS'
const server = await startTestServer({ PROXY_ALLOWED_HOSTS: '127.0.0.1' })
const { db } = server.services
const tenantId = (await tenants.findBySlug(db, 'acme'))!
const upstream = await startUpstream('ocpp1.6')
let started = 100
upstream.answers.StartTransaction = () => ({ transactionId: ++started, idTagInfo: { status: 'Accepted' } })
await stations.create(db, { identity, tenantId, passwordHash: hashSecret('secret') })
const proxy = { tenantId, identity, upstreamUrl: upstream.url, password: null, enabled: true }
await proxies.put(db, { ...proxy, upstreamProtocol: 'ocpp1.6' })
const station = await connectStation(server.url, { identity, password: 'secret', protocol: 'ocpp2.0.1' })
after(async () => {
  await station.close()
  await upstream.goAway()
})
await station.call('BootNotification', {
  reason: 'PowerUp',
  chargingStation: { vendorName: 'Vendor', model: 'Model' },
})
await upstream.next('BootNotification')

const begun = Date.now() - 3_600_000
const idToken = { idToken: 'TAG-1', type: 'ISO14443' }
/** Tells of the transaction with the id that all of them have, and waits until the upstream has heard of it. */
async function tell(eventType: string, minute: number, facts: Record<string, unknown> = {}) {
  await station.call('TransactionEvent', {
    eventType,
    timestamp: new Date(begun + minute * 60_000).toISOString(),
    triggerReason: 'Authorized',
    seqNo: 0,
    transactionInfo: { transactionId: '1' },
    evse: { id: 1, connectorId: 1 },
    ...facts,
  })
  await eventually('an empty queue', 5000, async () => (await db('ocpp.proxy_queue').first()) === undefined)
}
const measured = (value: number) => ({
  meterValue: [{ timestamp: new Date().toISOString(), sampledValue: [{ value }] }],
})

describe('a station that gives the id of a transaction to another', () => {
  it('has another one upstream', async () => {
    await tell('Started', 0, { idToken })
    await tell('Ended', 10, measured(1000))
    await tell('Started', 20, { idToken, ...measured(1000) })
    await tell('Updated', 25, measured(1500))
    const [, first, second, values] = await upstream.next(
      'StartTransaction',
      'StopTransaction',
      'StartTransaction',
      'MeterValues',
    )
    assert.equal(first!.transactionId, 101)
    assert.equal(second!.meterStart, 1000)
    assert.equal(values!.transactionId, 102)
    assert.deepEqual(await upstream.call('RemoteStopTransaction', { transactionId: 101 }), { status: 'Rejected' })
    assert.deepEqual(await upstream.call('RemoteStopTransaction', { transactionId: 102 }), { status: 'Accepted' })
  })
  it('begins none with a start that is said again', async () => {
    await tell('Started', 20, { idToken })
    await tell('Ended', 30, measured(2000))
    await tell('Started', 20, { idToken })
    const [stop] = await upstream.next('StopTransaction')
    assert.equal(stop!.transactionId, 102)
  })
  it('has another one also when the driver is known only later', async () => {
    await tell('Started', 40)
    await tell('Updated', 41, { idToken })
    await tell('Ended', 50, measured(3000))
    const [, stop] = await upstream.next('StartTransaction', 'StopTransaction')
    assert.equal(stop!.transactionId, 103)
  })
})
