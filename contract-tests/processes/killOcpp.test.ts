import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { connectRaw } from '../support/rawStation.ts'
import { startServer } from './serverProcess.ts'
import { embeddedUrl, eventually, kill, openSeededWorkplace, postgresPids, postmasterPid, query } from './workplace.ts'

const place = openSeededWorkplace()
const first = await startServer(place)
const { identity, password } = JSON.parse(fs.readFileSync(path.join(place.dataDir, 'credentials.json'), 'utf8')).ocpp
const claim = { identity, password, protocols: ['ocpp2.0.1'] }
const BOOT = { reason: 'PowerUp', chargingStation: { vendorName: 'V', model: 'M' } }
const stateOf = async () =>
  (
    await query<{ disconnected_at: Date | null; connection_id: string }>(
      embeddedUrl(place),
      'select disconnected_at, connection_id from ocpp.connection_states where identity = $1',
      [identity],
    )
  )[0]!

describe('a station', () => {
  it('keeps its registration when the server is killed, and is shown offline until it is back', async () => {
    const before = await connectRaw(first.url, claim)
    assert.equal((await before.call('BootNotification', BOOT))[0], 3)
    await first.kill('SIGKILL')
    assert.equal((await before.closed).code, 1006)
    const second = await startServer(place)
    // A process that is silent for ten seconds is taken for dead.
    await eventually('offline', 25_000, async () => (await stateOf()).disconnected_at !== null)
    const after = await connectRaw(second.url, claim)
    assert.equal((await after.call('Heartbeat'))[0], 3)
    assert.equal((await stateOf()).disconnected_at, null)
    await after.close()
    await second.kill('SIGTERM')
  })

  it('stays connected while the database is away, and nothing that was said is lost from the log', async () => {
    const server = await startServer(place)
    const station = await connectRaw(server.url, claim)
    await station.call('Heartbeat', {}, 'before')
    const postmaster = postmasterPid(place)
    postgresPids(place).forEach(kill)
    assert.equal((await station.call('Heartbeat', {}, 'during'))[1], 'during')
    await eventually('another Postgres', 10_000, () => {
      try {
        return postmasterPid(place) !== postmaster
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        return false
      }
    })
    assert.equal((await station.call('Heartbeat', {}, 'after'))[1], 'after')
    const ids = await eventually('the log', 15_000, async () => {
      const rows = await query<{ unique_id: string }>(
        embeddedUrl(place),
        `select unique_id from ocpp.messages where type = 'CALL' and unique_id in ('before', 'during', 'after')
         order by message_id`,
      ).catch(() => [])
      return rows.length >= 3 ? rows : undefined
    })
    assert.deepEqual(
      ids.map(({ unique_id }) => unique_id),
      ['before', 'during', 'after'],
    )
    assert.equal((await stateOf()).disconnected_at, null)
    await station.close()
    await server.kill('SIGTERM')
  })
})
