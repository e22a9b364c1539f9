import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import pg from 'pg'
import { eventually } from '../processes/workplace.ts'
import { closeStations, connectRaw } from '../support/rawStation.ts'
import { startTestServer } from '../support/testServer.ts'

const server = await startTestServer({ OCPP_LOG_QUEUE: '100' })
const { db, messageLog } = server.services
const { password } = server.credentials.ocpp
after(closeStations)

describe('a log that the database does not take', () => {
  it('leaves out heartbeats only, counts them, and keeps the rest waiting', async () => {
    const talker = await connectRaw(server.url, { identity: 'TALKER-1', password })
    const beater = await connectRaw(server.url, { identity: 'BEATER-1', password })
    const [firstId, ...ids] = Array.from({ length: 150 }, (_, index) => `t${index}`)
    const talk = (id: string) => talker.call('DataTransfer', { vendorId: 'V' }, id)
    let answered = 0
    const owner = new pg.Client({ connectionString: server.databaseUrl })
    await owner.connect()
    await owner.query('begin')
    await owner.query('lock table ocpp.messages in access exclusive mode')
    // What is being written does not count as waiting, so the log fills for good when the writing stands still.
    await talk(firstId!)
    await eventually('a flush that waits', 5000, async () => {
      const { rowCount } = await owner.query(
        `select from pg_locks where relation = 'ocpp.messages'::regclass and not granted`,
      )
      return rowCount! > 0
    })
    const talking = (async () => {
      for (const id of ids) {
        await talk(id)
        answered++
      }
    })()
    await eventually('a full log', 5000, () => messageLog.isFull)
    for (let index = 0; index < 20; index++) assert.equal((await beater.call('Heartbeat'))[0], 3)
    assert.equal(messageLog.dropped, 40)
    assert.ok(answered < ids.length, 'the talker is not read from')
    assert.ok(messageLog.depth < 110)
    await owner.end()
    await talking
    await eventually('all messages', 10_000, async () => {
      const rows = await db('ocpp.messages').where({ identity: 'TALKER-1' })
      return rows.length === 2 * (ids.length + 1)
    })
    const [{ sum }] = (await db('ocpp.totals').sum({ sum: 'dropped' })) as [{ sum: string }]
    assert.equal(Number(sum), 40)
    assert.equal((await db('ocpp.messages').where({ identity: 'BEATER-1' })).length, 0)
  })
})
