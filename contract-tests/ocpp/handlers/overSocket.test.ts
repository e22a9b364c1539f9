import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { closeStations, connectRaw } from '../../support/rawStation.ts'
import { startTestServer } from '../../support/testServer.ts'

/** What a station hears when it says these things over its socket. */

const server = await startTestServer({ OCPP_ENROLLMENT: 'open' })
const { db } = server.services
const { password } = server.credentials.ocpp
after(closeStations)

const connect = (protocol: string) =>
  connectRaw(server.url, { identity: `CP-${randomUUID().slice(0, 8)}`, password, protocols: [protocol] })
const identityOf = ({ socket }: { socket: { url: string } }) => decodeURIComponent(socket.url.split('/').at(-1)!)

describe('a station over its socket', () => {
  it('of OCPP 1.6 boots, though its serial number is padded with NUL, and authorizes a tag', async () => {
    const station = await connect('ocpp1.6')
    const boot = { chargePointVendor: 'Tellus Power', chargePointModel: 'TP-AC22', chargePointSerialNumber: 'TP-1\0\0' }
    const [type, , answer] = await station.call('BootNotification', boot)
    assert.deepEqual([type, (answer as { interval: number }).interval], [3, 60])
    const row = await db('ocpp.stations')
      .first()
      .where({ identity: identityOf(station) })
    assert.deepEqual([row.serial_number, row.registration], ['TP-1', 'Accepted'])
    assert.deepEqual(await station.call('Authorize', { idTag: 'DEMO-BLOCKED' }, 'a'), [
      3,
      'a',
      { idTagInfo: { status: 'Blocked' } },
    ])
    await station.close()
  })

  it('of OCPP 2.0.1 is heard after its boot, and what no handler is for is NotSupported', async () => {
    const station = await connect('ocpp2.0.1')
    const limit = { chargingLimit: { chargingLimitSource: 'EMS' } }
    assert.equal((await station.call('NotifyChargingLimit', limit))[2], 'SecurityError')
    const chargingStation = { vendorName: 'Tellus Power', model: 'TP-DC180-V2G' }
    assert.equal((await station.call('BootNotification', { reason: 'PowerUp', chargingStation }))[0], 3)
    assert.deepEqual(await station.call('NotifyChargingLimit', limit, 'n'), [3, 'n', {}])
    assert.deepEqual(
      await db('ocpp.outside_limits')
        .where({ identity: identityOf(station) })
        .pluck('source'),
      ['EMS'],
    )
    const update = { reservationId: 1, reservationUpdateStatus: 'Expired' }
    assert.equal((await station.call('ReservationStatusUpdate', update))[2], 'NotSupported')
    assert.equal((await station.call('NotifyPriorityCharging', {}))[2], 'NotImplemented')
    await station.close()
  })

  it('of OCPP 2.1 streams values without an answer', async () => {
    const station = await connect('ocpp2.1')
    const chargingStation = { vendorName: 'Tellus Power', model: 'TP-DC180-V2G' }
    await station.call('BootNotification', { reason: 'PowerUp', chargingStation })
    const stream = { id: 4, variableMonitoringId: 3, params: { interval: 5 } }
    await station.call('OpenPeriodicEventStream', { constantStreamData: stream })
    const values = { id: 4, pending: 0, basetime: '2026-05-10T14:00:00Z', data: [{ t: 1, v: '41.7' }] }
    station.send([6, 's1', 'NotifyPeriodicEventStream', values])
    // Calls are handled in order, so the answer to this one says that the values were.
    assert.deepEqual((await station.call('ClosePeriodicEventStream', { id: 4 }, 'c')).slice(0, 2), [3, 'c'])
    const row = await db('ocpp.event_streams')
      .first()
      .where({ identity: identityOf(station) })
    assert.deepEqual([row.latest_value, row.latest_at.toISOString()], ['41.7', '2026-05-10T14:00:01.000Z'])
    assert.equal(station.unread, 0)
    await station.close()
  })
})
