import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { callStation } from '../../../src/ocpp/remoteCalls.ts'
import { openBoard } from '../../board/board.ts'
import { eventually } from '../../processes/workplace.ts'
import { type CommandedStation, commandedStation, lastAsked } from '../../support/commandedStation.ts'
import { openTestDatabase, startServerOn } from '../../support/testServer.ts'

/** A process that goes away in good order while it has asked stations for something. */

const database = await openTestDatabase()
const server = await startServerOn(database)
after(async () => {
  await server.close()
  await database.drop()
})
const board = await openBoard(server)
const START = { charge_power: 11, target_soc: 80 }
const never = () => new Promise(() => {})
const asksFor = ({ asked }: CommandedStation, action: string) => asked.filter(call => call.action === action).length

/** A station on a process of its own. */
async function onLeavingServer() {
  const leaving = await startServerOn(database)
  const station = await commandedStation(server, 'ocpp1.6')
  await station.disconnect()
  await station.connect(leaving)
  return { leaving, station }
}

describe('a process that goes away', () => {
  it('hears what its stations say to what it has asked, and leaves the rest to the next', async () => {
    const { leaving, station } = await onLeavingServer()
    const answer = Promise.withResolvers<object>()
    station.answer('RemoteStartTransaction', () => answer.promise)
    const asked = await station.command('start', START)
    const next = await station.queue('set_power_limit', { power_limit: 6 })
    await lastAsked(station, 'RemoteStartTransaction')
    const closed = leaving.close()
    answer.resolve({ status: 'Accepted' })
    await closed
    await station.becomes(asked, 'accepted')
    await station.becomes(next, 'queued')
    await station.connect(server)
    await station.becomes(next, 'completed')
    assert.equal(asksFor(station, 'RemoteStartTransaction'), 1)
  })

  it('asks no station twice for what may have begun', async () => {
    const { leaving, station } = await onLeavingServer()
    station.answer('RemoteStartTransaction', never)
    const asked = await station.command('start', START)
    await lastAsked(station, 'RemoteStartTransaction')
    await leaving.close()
    assert.equal((await station.becomes(asked, 'failed')).reason, 'OFFLINE')
    await station.connect(server)
    await station.becomes(await station.queue('set_power_limit', { power_limit: 6 }), 'completed')
    assert.equal(asksFor(station, 'RemoteStartTransaction'), 1)
  })

  it('leaves a limit to the next that was sent and not answered', async () => {
    const { leaving, station } = await onLeavingServer()
    station.answer('SetChargingProfile', never)
    const asked = await station.queue('set_power_limit', { power_limit: 6 })
    await lastAsked(station, 'SetChargingProfile')
    await leaving.close()
    station.answer('SetChargingProfile', () => ({ status: 'Accepted' }))
    await station.connect(server)
    await station.becomes(asked, 'completed')
    assert.equal(asksFor(station, 'SetChargingProfile'), 2)
  })

  it('leaves calls of the board to the next that it took and did not send, and no others', async () => {
    const { leaving, station } = await onLeavingServer()
    const { db } = server.services
    const { identity } = station
    const answer = Promise.withResolvers<object>()
    station.answer('TriggerMessage', () => answer.promise)
    const post = (action: string, payload: object) =>
      board.send('POST', `/connections/${identity}/commands`, 'demo', { action, payload })
    const first = post('TriggerMessage', { requestedMessage: 'Heartbeat' })
    await lastAsked(station, 'TriggerMessage')
    const second = post('ClearCache', {})
    const third = callStation(server.services, {
      tenantId: board.tenantId,
      identity,
      action: 'GetLocalListVersion',
      payload: {},
      requestedBy: 'smart-charging',
      timeoutSeconds: 30,
    })
    await eventually('three calls that are taken', 5000, async () => {
      const taken = await db('ocpp.calls').where({ identity, status: 'sent' })
      return taken.length === 3
    })
    const closed = leaving.close()
    answer.resolve({ status: 'Accepted' })
    await closed
    assert.equal((await first).body.status, 'result')
    assert.deepEqual(await third, { kind: 'offline' })
    await station.connect(server)
    assert.deepEqual((await second).body.payload, { status: 'Accepted' })
    for (const [action, times] of Object.entries({ TriggerMessage: 1, ClearCache: 1, GetLocalListVersion: 0 }))
      assert.equal(asksFor(station, action), times, action)
  })

  it('does not leave a call of the board to the next that was sent, nor one whose station stays away', async () => {
    const { leaving, station } = await onLeavingServer()
    const { db } = server.services
    const { identity } = station
    station.answer('TriggerMessage', never)
    const post = (action: string, payload: object, timeoutSeconds: number) =>
      board.send('POST', `/connections/${identity}/commands`, 'demo', { action, payload, timeoutSeconds })
    const first = post('TriggerMessage', { requestedMessage: 'Heartbeat' }, 30)
    await lastAsked(station, 'TriggerMessage')
    const second = post('ClearCache', {}, 6)
    await eventually('two calls that are taken', 5000, async () => {
      const taken = await db('ocpp.calls').where({ identity, status: 'sent' })
      return taken.length === 2
    })
    await leaving.close()
    for (const { status, body } of [await first, await second])
      assert.deepEqual([status, body.error], [409, 'The station is not connected'])
    await station.connect(server)
    assert.equal((await post('GetLocalListVersion', {}, 30)).status, 200)
    assert.deepEqual([asksFor(station, 'TriggerMessage'), asksFor(station, 'ClearCache')], [1, 0])
  })
})
