import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { whileFeedIsAway } from '../support/feedAway.ts'
import { closeStations, connectRaw, refusedHandshake } from '../support/rawStation.ts'
import { openTestDatabase, startServerOn, type TestServer } from '../support/testServer.ts'
import { openBoard } from './board.ts'

/** What becomes of the connections of a station whose password is taken back. */

const database = await openTestDatabase()
const first = await startServerOn(database)
const second = await startServerOn(database)
const { send } = await openBoard(first)
after(async () => {
  closeStations()
  await Promise.all([first.close(), second.close()])
  await database.drop()
})

const put = async (identity: string, body: object) => (await send('PUT', `/stations/${identity}`, 'demo', body)).body
/** Changes a station, and waits until a process knows. */
async function told({ services: { feed } }: TestServer, identity: string, change: () => Promise<unknown>) {
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = feed.subscribeTo('ocpp.stations', 'identity', identity, () => resolve())
  await change()
  await promise
  stop()
}

const ENDED = { code: 1008, reason: 'the password has changed' }

describe('PUT /stations/{identity} with rotate', () => {
  it('ends the connection that was made with the password before, whichever process holds it', async () => {
    for (const server of [first, second]) {
      const identity = `ROTATED-${randomUUID()}`
      const { password } = await put(identity, {})
      const station = await connectRaw(server.url, { identity, password })
      const rotated = await put(identity, { rotate: true })
      assert.deepEqual(await station.closed, ENDED)
      assert.equal((await refusedHandshake(server.url, { identity, password })).status, 401)
      const again = await connectRaw(server.url, { identity, password: rotated.password })
      await told(server, identity, () => put(identity, { validation: 'off' }))
      assert.equal((await again.call('Heartbeat'))[0], 3, 'one that was made with the new password stays')
      await again.close()
    }
  })

  it('ends that of a station that had proven itself by the password of enrollment', async () => {
    const identity = `ENROLLED-${randomUUID()}`
    const station = await connectRaw(second.url, { identity, password: first.credentials.ocpp.password })
    await put(identity, { rotate: true })
    assert.deepEqual(await station.closed, ENDED)
  })

  it('ends it too when the feed was away meanwhile', async () => {
    const identity = `UNHEARD-${randomUUID()}`
    const { password } = await put(identity, {})
    const station = await connectRaw(second.url, { identity, password })
    await whileFeedIsAway(second, async () => {
      await put(identity, { rotate: true })
      assert.equal((await station.call('Heartbeat'))[0], 3, 'nothing has told the process')
    })
    assert.deepEqual(await station.closed, ENDED)
  })

  it('leaves connections alone when nothing is rotated', async () => {
    const identity = `KEPT-${randomUUID()}`
    const { password } = await put(identity, {})
    const station = await connectRaw(second.url, { identity, password })
    await told(second, identity, () => put(identity, { validation: 'tolerant' }))
    assert.equal((await station.call('Heartbeat'))[0], 3)
    await station.close()
  })
})
