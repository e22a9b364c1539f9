import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import pg from 'pg'
import { LogicalReplicationService } from 'pg-logical-replication'
import { startTestPostgres } from '../support/testPostgres.ts'
import { startServerOn } from '../support/testServer.ts'
import { eventually, query } from './workplace.ts'

// An open transaction keeps every feed of the same Postgres from beginning, so this file has one of its own.
const postgres = await startTestPostgres()
after(() => postgres.stop())
const database = { url: postgres.templateUrl, credentialsFile: postgres.credentialsFile, drop: async () => {} }

it('a transaction that somebody has left open keeps the feed from beginning, and no server from serving', async t => {
  const somebody = new pg.Client({ connectionString: postgres.templateUrl })
  await somebody.connect()
  t.after(() => somebody.end())
  await somebody.query('begin')
  await somebody.query('select pg_current_xact_id()')
  // A server that waits for it is let go in the end, so that the test fails and does not hang.
  let waited = false
  const late = setTimeout(() => {
    waited = true
    void somebody.query('commit')
  }, 5000)
  const server = await startServerOn(database, {}, { awaitFeed: false })
  clearTimeout(late)
  t.after(() => server.close())
  assert.equal(waited, false)
  const isReady = async () => (await fetch(`http://127.0.0.1:${server.metricsPort}/ready`)).status === 200
  assert.equal((await server.call('GET', '/v1/health')).status, 200)
  assert.deepEqual([server.services.feed.live, await isReady()], [false, false])

  const waiting = () =>
    query<{ pid: number }>(postgres.templateUrl, `select pid from pg_stat_activity where wait_event = 'transactionid'`)
  const [sender] = await waiting()
  // An hour later: what its pulse does next says whether it takes the silence for a connection that is dead.
  const pulse = new Promise<string>(resolve => {
    for (const name of ['acknowledge', 'destroy'] as const)
      t.mock.method(LogicalReplicationService.prototype, name, async () => {
        resolve(name)
        return true
      })
  })
  const { now } = performance
  t.mock.method(performance, 'now', () => now.call(performance) + 3_600_000)
  const act = await pulse
  t.mock.restoreAll()
  assert.equal(act, 'acknowledge')
  assert.deepEqual(await waiting(), [sender])

  await somebody.query('commit')
  await eventually('the feed', 2000, isReady)
})
