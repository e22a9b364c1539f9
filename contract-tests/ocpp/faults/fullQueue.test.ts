import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import * as siteCharging from '../../../src/store/siteCharging.ts'
import { openBoard } from '../../board/board.ts'
import { eventually } from '../../processes/workplace.ts'
import { type CommandedStation, commandedStation, lastAsked } from '../../support/commandedStation.ts'
import { EVENLY } from '../../support/stationFleet.ts'
import { openTestDatabase, startServerOn } from '../../support/testServer.ts'

/** A station that answers nothing, and for which as many calls wait as may. */

const database = await openTestDatabase()
const server = await startServerOn(database)
const second = await startServerOn(database)
const { db, stations } = server.services
const board = await openBoard(server)
const [deaf, other] = [await commandedStation(server, 'ocpp1.6'), await commandedStation(server, 'ocpp1.6')]
const MOST = 100

const silence = Promise.withResolvers<{ status: string }>()
deaf.answer('ClearCache', () => silence.promise)
const waiting = Array.from({ length: MOST }, () => stations.call(deaf.identity, 'ClearCache', {}))
await lastAsked(deaf, 'ClearCache')
after(async () => {
  await Promise.all([server.close(), second.close()])
  await database.drop()
})

const begin = ({ call }: CommandedStation) =>
  call('StartTransaction', { connectorId: 1, idTag: 'TAG', meterStart: 0, timestamp: new Date().toISOString() })

describe('a station for which as many calls wait as may', () => {
  it('does not keep the others of its site from their shares, and is known not to have been told', async () => {
    const { site_id: siteId } = await db('core.sites').first('site_id').where({ tenant_id: board.tenantId })
    await db('ocpp.stations').whereIn('identity', [deaf.identity, other.identity]).update({ site_id: siteId })
    await begin(deaf)
    await begin(other)
    await siteCharging.set(db, board.tenantId, siteId, {
      ...EVENLY,
      limitKw: 40,
      connectors: [deaf, other].map(({ identity }) => ({ identity, maximumKw: 22 })),
    })
    const refused = await eventually('the decision', 10_000, () =>
      db('ocpp.charging_decisions').first().where({ identity: deaf.identity, status: 'rejected' }),
    )
    assert.equal(refused.reason, 'busy')
    await eventually('the share of the other', 10_000, () =>
      db('ocpp.charging_decisions').first().where({ identity: other.identity, status: 'active', allocated_kw: 18 }),
    )
  })

  it('is 503 on the board, on whichever process', async () => {
    for (const on of [server, second]) {
      const { send } = await openBoard(on)
      const answer = await send('POST', `/connections/${deaf.identity}/commands`, 'demo', { action: 'ClearCache' })
      assert.deepEqual([answer.status, answer.body.error], [503, 'Too many calls wait for the station'])
    }
  })

  it('gets a command of tellus when there is room', async () => {
    const putBack = Promise.withResolvers<void>()
    let isTaken = false
    const stop = server.services.feed.subscribe('core.commands', ({ kind, row }) => {
      if (kind === 'update' && row.status === 'delivered') isTaken = true
      if (isTaken && row.status === 'queued') putBack.resolve()
    })
    const asked = await deaf.queue('set_power_limit', { power_limit_percent: 100 })
    await putBack.promise
    stop()
    silence.resolve({ status: 'Accepted' })
    await Promise.all(waiting)
    await lastAsked(deaf, 'ClearChargingProfile')
    await deaf.becomes(asked, 'completed', 10_000)
  })
})
