import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import pg from 'pg'
import { openBoard } from '../board/board.ts'
import { eventually } from '../processes/workplace.ts'
import { whileFeedIsAway } from '../support/feedAway.ts'
import { closeStations, connectRaw, type RawStation } from '../support/rawStation.ts'
import { startTestServer } from '../support/testServer.ts'

/** What becomes of an open connection when its station changes while the feed is away. */

const server = await startTestServer()
const { db } = server.services
const board = await openBoard(server)
after(closeStations)

const put = async (identity: string, body: object) => {
  const answer = await board.send('PUT', `/stations/${identity}`, 'demo', body)
  assert.ok(answer.status < 300)
  return answer.body.password as string
}
async function connect() {
  const identity = `UNHEARD-${randomUUID()}`
  const password = await put(identity, { validation: 'strict' })
  return { identity, password, station: await connectRaw(server.url, { identity, password }) }
}
/** Whether what breaks the schema of its action is answered. */
const isAnswered = async (station: RawStation) => (await station.call('Heartbeat', { unasked: true }))[0] === 3

describe('a station that changes while the feed is away', () => {
  it('is held to its new validation mode when the feed is back', async () => {
    const { identity, station } = await connect()
    await whileFeedIsAway(server, async () => {
      await put(identity, { validation: 'tolerant' })
      assert.equal(await isAnswered(station), false, 'nothing has told the process')
    })
    await eventually('the mode', 5000, () => isAnswered(station))
  })

  it('is held to it also when it was about to connect', async () => {
    const identity = `UNHEARD-${randomUUID()}`
    const password = await put(identity, { validation: 'strict' })
    const owner = new pg.Client({ connectionString: server.databaseUrl })
    await owner.connect()
    await owner.query('begin; lock table ocpp.connections in share mode')
    let opening: Promise<RawStation> | undefined
    try {
      await whileFeedIsAway(server, async () => {
        opening = connectRaw(server.url, { identity, password })
        opening.catch(() => {})
        await eventually('a connection that is being noted', 5000, async () => {
          const sql = 'select from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid))'
          return (await owner.query(sql)).rowCount! > 0
        })
        await put(identity, { validation: 'tolerant' })
      })
      await eventually('the feed', 5000, () => server.services.feed.live)
    } finally {
      await owner.end()
    }
    const station = await opening!
    await eventually('the mode', 5000, () => isAnswered(station))
  })

  it('shows on the device that it was linked to meanwhile', async () => {
    const { identity, station } = await connect()
    const { deviceId } = await server.charger()
    const site = await db('core.sites').first('site_id').where({ tenant_id: board.tenantId, ocpp_consent: true })
    await db('core.devices').where({ device_id: deviceId }).update({ site_id: site.site_id })
    const link = () => db('core.ocpp_links').first().where({ device_id: deviceId })
    await whileFeedIsAway(server, async () => {
      await db('ocpp.stations').where({ identity }).update({ device_id: deviceId, site_id: site.site_id })
      assert.equal(await link(), undefined)
    })
    await eventually('the link', 5000, async () => (await link())?.subprotocol === 'ocpp1.6')
    await station.close()
  })

  it('is let go when it has become another tenant’s', async () => {
    const { identity, station } = await connect()
    await whileFeedIsAway(server, async () => {
      await db('ocpp.stations').where({ identity }).update({ tenant_id: board.otherTenantId })
    })
    assert.deepEqual(await station.closed, { code: 1008, reason: 'the station is no longer known' })
  })
})
