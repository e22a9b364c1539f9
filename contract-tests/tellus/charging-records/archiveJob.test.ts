import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { fromKnex, PgBoss } from 'pg-boss'
import { iso, midnight, openArchive } from '../../support/archive.ts'
import { openTestDatabase, startServerOn } from '../../support/testServer.ts'

const database = await openTestDatabase()
after(() => database.drop())
const server = await startServerOn(database)
const archive = await openArchive(server)
const boss = new PgBoss({
  db: fromKnex(archive.owner),
  schema: 'jobs',
  createSchema: false,
  migrate: false,
  schedule: false,
  supervise: false,
})
await boss.start()

/** How many connections wait for a table. */
async function blocked(): Promise<number> {
  const { rows } = await archive.owner.raw(
    `select count(*)::int from pg_locks where not granted and locktype = 'relation'`,
  )
  return rows[0].count
}

async function oldSession(daysAgo: number) {
  const start = midnight(daysAgo)
  const session = await archive.session(start, start + 60_000)
  await archive.partitions(start, start)
  await session.fill()
  return { ...session, partition: `readings_${iso(start).slice(0, 10).replaceAll('-', '')}` }
}

describe('the job of the archive', () => {
  it('is done by a server that runs', async () => {
    const { get, partition } = await oldSession(40)
    await boss.send('archive-telemetry', {})
    while ((await archive.tables('readings')).includes(partition));
    assert.equal((await get()).tier, 'minute')
  })

  it('does not keep a server from stopping, and the samples are still there', async () => {
    const { partition } = await oldSession(41)
    const holder = await archive.owner.transaction()
    await holder.raw('lock table telemetry.minutes_default in access exclusive mode')
    await boss.send('archive-telemetry', {})
    while ((await blocked()) === 0);
    await boss.stop({ graceful: false })
    const began = performance.now()
    await server.close()
    assert.ok(performance.now() - began < 8000)
    await holder.rollback()
    assert.ok((await archive.tables('readings')).includes(partition))
  })
})
