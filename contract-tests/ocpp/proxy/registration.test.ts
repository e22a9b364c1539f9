import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { hashSecret } from '../../../src/auth/secrets.ts'
import * as stations from '../../../src/store/ocppStations.ts'
import { openBoard } from '../../board/board.ts'
import { eventually } from '../../processes/workplace.ts'
import { connectStation } from '../../support/rpcStation.ts'
import { startTestServer } from '../../support/testServer.ts'
import { startUpstream } from '../../support/upstreamServer.ts'

/** A station that its upstream has not accepted yet: here it is, and it is told so. */

const server = await startTestServer({ PROXY_ALLOWED_HOSTS: '127.0.0.1' })
const { db } = server.services
const board = await openBoard(server)
const BOOTS = {
  'ocpp1.6': { chargePointVendor: 'Vendor', chargePointModel: 'Model' },
  'ocpp2.0.1': { reason: 'PowerUp', chargingStation: { vendorName: 'Vendor', model: 'Model' } },
}
const open: (() => Promise<unknown>)[] = []
after(async () => {
  for (const close of open) await close()
})

const shownOf = async (identity: string) => (await board.send('GET', `/stations/${identity}`, 'demo')).body
async function errorsOf(identity: string) {
  const { body } = await board.send('GET', `/proxy?identity=${identity}`, 'demo')
  return (body as { type: string; method: string }[]).filter(({ type }) => type === 'error').map(({ method }) => method)
}

/** A station whose upstream says a status twice before it accepts it. */
async function connect(protocol: keyof typeof BOOTS, upstreamProtocol: keyof typeof BOOTS, status: string) {
  const identity = `PX-${status}-${protocol}`
  const upstream = await startUpstream(upstreamProtocol)
  const currentTime = new Date().toISOString()
  const statuses = [status, status]
  upstream.answers.BootNotification = () => ({ status: statuses.shift() ?? 'Accepted', interval: 1, currentTime })
  await stations.create(db, { identity, tenantId: board.tenantId, passwordHash: hashSecret('secret') })
  const proxy = { upstreamUrl: upstream.url, upstreamProtocol }
  assert.equal((await board.send('PUT', `/stations/${identity}/proxy`, 'demo', proxy)).status, 200)
  const station = await connectStation(server.url, { identity, password: 'secret', protocol })
  open.push(
    () => station.close(),
    () => upstream.goAway(),
  )
  return { identity, upstream, station }
}

describe('a station whose upstream', () => {
  for (const [protocol, upstreamProtocol] of [
    ['ocpp1.6', 'ocpp2.0.1'],
    ['ocpp2.0.1', 'ocpp1.6'],
  ] as const)
    for (const status of ['Pending', 'Rejected'])
      it(`of ${upstreamProtocol} says ${status} is accepted here, and heard of there when it is accepted there too`, async () => {
        const { identity, upstream, station } = await connect(protocol, upstreamProtocol, status)
        assert.equal((await station.call('BootNotification', BOOTS[protocol])).status, 'Accepted')
        assert.equal((await shownOf(identity)).registration, 'Accepted')
        await upstream.next('BootNotification')
        assert.ok((await station.call('Heartbeat', {})).currentTime)
        await upstream.next('BootNotification', 'BootNotification')
        await eventually('a heartbeat there', 5000, async () => {
          await station.call('Heartbeat', {})
          return upstream.received.at(-1)!.action === 'Heartbeat'
        })
        assert.deepEqual(await errorsOf(identity), ['BootNotification'], 'asked twice, told once')
      })
})
