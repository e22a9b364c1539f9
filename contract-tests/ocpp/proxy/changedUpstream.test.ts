import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { hashSecret } from '../../../src/auth/secrets.ts'
import * as stations from '../../../src/store/ocppStations.ts'
import * as proxyQueue from '../../../src/store/proxyQueue.ts'
import { openBoard } from '../../board/board.ts'
import { eventually } from '../../processes/workplace.ts'
import { connectStation } from '../../support/rpcStation.ts'
import { startTestServer } from '../../support/testServer.ts'
import { startUpstream } from '../../support/upstreamServer.ts'

/** A station whose upstream is exchanged while something waits for the one before. */

const server = await startTestServer({ PROXY_ALLOWED_HOSTS: '127.0.0.1' })
const { db } = server.services
const board = await openBoard(server)
const [old, young] = [await startUpstream('ocpp2.0.1'), await startUpstream('ocpp2.0.1')]
const identity = 'PX-MOVES'
await stations.create(db, { identity, tenantId: board.tenantId, passwordHash: hashSecret('secret') })

const put = async (upstreamUrl: string) => {
  const body = { upstreamUrl, upstreamProtocol: 'ocpp2.0.1' }
  assert.equal((await board.send('PUT', `/stations/${identity}/proxy`, 'demo', body)).status, 200)
}
const droppedMethods = async () => {
  const { body } = await board.send('GET', `/proxy?identity=${identity}&limit=1000`, 'demo')
  return (body as { type: string; method: string }[]).filter(({ type }) => type === 'dropped').map(each => each.method)
}
const waiting = () => db('ocpp.proxy_queue').where({ identity }).pluck('action')
const transactions = () => db('ocpp.proxy_transactions').where({ identity })
const TIME = () => new Date().toISOString()

await put(old.url)
const station = await connectStation(server.url, { identity, password: 'secret', protocol: 'ocpp1.6' })
after(async () => {
  await station.close()
  await Promise.all([old, young].map(upstream => upstream.goAway()))
})
await station.call('BootNotification', { chargePointVendor: 'Vendor', chargePointModel: 'Model' })
await old.next('BootNotification')
const begin = () =>
  station.call('StartTransaction', { connectorId: 1, idTag: 'TAG-1', meterStart: 0, timestamp: TIME() })
const stop = (transactionId: number) =>
  station.call('StopTransaction', { transactionId, meterStop: 100, timestamp: TIME() })

describe('a station that gets another upstream', () => {
  it('tells it nothing of what waited for the one before, and that shows', async () => {
    const { transactionId } = await begin()
    await old.next('TransactionEvent')
    await eventually('what was learned', 5000, async () => (await transactions()).length === 1)
    await old.goAway()
    await stop(transactionId)
    const second = (await begin()).transactionId
    await put(young.url)
    assert.deepEqual(await droppedMethods(), ['StartTransaction', 'StopTransaction'])
    assert.deepEqual(await waiting(), [])
    assert.deepEqual(await transactions(), [])
    await young.next('BootNotification')
    await stop(second)
    const third = (await begin()).transactionId
    const [event] = await young.next('TransactionEvent')
    assert.deepEqual([event!.eventType, event!.seqNo], ['Started', 0])
    await stop(third)
    await young.next('TransactionEvent')
    assert.equal(young.received.filter(({ action }) => action === 'TransactionEvent').length, 2)
  })

  it('keeps what waits when the address stays', async () => {
    await young.goAway()
    await begin()
    await put(young.url)
    assert.deepEqual(await waiting(), ['StartTransaction'])
    await young.comeBack()
    await young.next('TransactionEvent')
    await eventually('an empty queue', 5000, async () => (await waiting()).length === 0)
  })

  it('is not told of by who still works for the one before', async () => {
    const message = { action: 'MeterValues', payload: {}, answer: {}, receivedAt: new Date() }
    const before = { identity, upstreamUrl: old.url }
    await young.goAway()
    const queueId = await proxyQueue.enqueue(db, board.tenantId, identity, message)
    assert.equal(await proxyQueue.claim(db, before), undefined)
    assert.equal(await proxyQueue.claimableIn(db, before), undefined)
    const learned = {
      stationTransactionId: 'late',
      upstreamTransactionId: 'late',
      evseId: 1,
      sequence: 1,
      meterStartWh: null,
      ended: false,
    }
    await proxyQueue.settle(db, before, queueId, learned)
    assert.deepEqual(
      (await transactions()).filter(row => row.station_transaction_id === 'late'),
      [],
    )
  })

  it('has nothing left when the proxy is taken away', async () => {
    await begin()
    const before = (await droppedMethods()).length
    assert.equal((await board.send('DELETE', `/stations/${identity}/proxy`, 'demo')).status, 200)
    assert.deepEqual(await waiting(), [])
    assert.equal((await droppedMethods()).length, before + 1)
  })
})
