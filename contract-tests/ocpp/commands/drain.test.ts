import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { type CommandedStation, commandedStation, lastAsked } from '../../support/commandedStation.ts'
import { openTestDatabase, startServerOn } from '../../support/testServer.ts'

/** A process that goes away in good order while it has asked stations for something. */

const database = await openTestDatabase()
const server = await startServerOn(database)
after(async () => {
  await server.close()
  await database.drop()
})
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
})
