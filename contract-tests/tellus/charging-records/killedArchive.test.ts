import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as store from '../../../src/store/archive.ts'
import { iso, midnight, openArchive } from '../../support/archive.ts'
import { componentHealth } from '../../support/bodies.ts'
import { startTestServer } from '../../support/testServer.ts'

/**
 * The job is ended in the middle of each of its steps and between them. Whatever it leaves, all of the session can be
 * read in one tier or another, and the next run finishes.
 */

const server = await startTestServer()
const archive = await openArchive(server)
const { owner } = archive
const MINUTE = 60_000
const dayOf = (time: number) => iso(time).slice(0, 10)
const named = (prefix: string, time: number) => `${prefix}_${dayOf(time).replaceAll('-', '')}`

/** Ten minutes of a day of so long ago, in a partition of their own. */
async function oldSession(daysAgo: number) {
  const start = midnight(daysAgo) + 600_000
  const session = await archive.session(start, start + 10 * MINUTE - 5000)
  await archive.partitions(midnight(daysAgo), midnight(daysAgo))
  await session.fill()
  const told = async () => {
    const { items, tier } = await session.get()
    return [tier, items.length]
  }
  return { ...session, start, told }
}

/** Waits for a connection to wait for a lock. */
async function untilBlocked(pid: number): Promise<void> {
  for (;;) {
    const { rows } = await owner.raw('select cardinality(pg_blocking_pids(?)) > 0 as blocked', [pid])
    if (rows[0].blocked) return
  }
}

/** Ends a step by killing its connection while it waits for a table that somebody else has. */
async function killWhileBlocked(table: string, step: (db: store.ArchiveConnection) => Promise<unknown>) {
  const client = await archive.connection()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const holder = await owner.transaction()
  try {
    await holder.raw(`lock table ${table} in access exclusive mode`)
    const killed = assert.rejects(step(client), /terminat/)
    await untilBlocked(rows[0]!.pid)
    await owner.raw('select pg_terminate_backend(?)', [rows[0]!.pid])
    await killed
  } finally {
    await holder.rollback()
    await client.end().catch(() => {})
  }
}

async function withConnection(use: (db: store.ArchiveConnection) => Promise<unknown>) {
  const client = await archive.connection()
  await use(client).finally(() => client.end())
}

async function finishes(session: Awaited<ReturnType<typeof oldSession>>) {
  await archive.run()
  assert.deepEqual(await session.told(), ['minute', 10])
  assert.ok(!(await archive.tables('readings')).includes(named('readings', session.start)))
  assert.ok((await archive.tables('minutes')).includes(named('minutes', session.start)))
}

describe('the job that is killed', () => {
  it('while it writes the minutes leaves the samples and no minute', async () => {
    const session = await oldSession(40)
    await killWhileBlocked('telemetry.minutes_default', db => store.compact(db, dayOf(session.start)))
    assert.deepEqual(await session.told(), ['raw', 120])
    assert.ok(!(await archive.tables('minutes')).includes(named('minutes', session.start)))
    await finishes(session)
  })

  it('between minutes and detaching leaves both, and the session is told once', async () => {
    const session = await oldSession(41)
    await withConnection(db => store.compact(db, dayOf(session.start)))
    assert.deepEqual(await session.told(), ['minute', 10])
    assert.ok((await archive.tables('readings')).includes(named('readings', session.start)))
    assert.equal((await session.history(session.start, session.start + 10 * MINUTE)).total, 10)
    await finishes(session)
  })

  it('while it detaches leaves both', async () => {
    const session = await oldSession(42)
    await withConnection(db => store.compact(db, dayOf(session.start)))
    await killWhileBlocked('telemetry.readings_default', db => store.detach(db, dayOf(session.start)))
    assert.deepEqual(await session.told(), ['minute', 10])
    await finishes(session)
  })

  it('between detaching and dropping loses nothing, not even what came after the minutes were written', async () => {
    const session = await oldSession(43)
    await withConnection(db => store.compact(db, dayOf(session.start)))
    const [late, later] = [session.start + 2000, session.start + 3000]
    assert.equal(await session.upload(late, { power: 17, component_health: componentHealth() }), 200)
    await withConnection(db => store.detach(db, dayOf(session.start)))
    assert.equal(await session.upload(later, { power: 17 }), 200)
    await killWhileBlocked(`telemetry.${named('readings', session.start)}`, db =>
      store.settle(db, dayOf(session.start)),
    )
    await withConnection(async db =>
      assert.equal(await store.compactLate(db, 100), 0, 'nothing is merged into minutes that will be written again'),
    )
    assert.ok((await archive.tables('readings')).includes(named('readings', session.start)))
    await finishes(session)
    const { items } = await session.get()
    assert.ok(Math.abs(items[0].power - (66 + 17 + 17) / 14) < 1e-9, `the mean of all 14 is not ${items[0].power}`)
    assert.equal(items[1].power, 5.5)
  })

  it('while it writes summaries leaves the minutes', async () => {
    const session = await oldSession(100)
    await withConnection(async db => {
      await store.compact(db, dayOf(session.start))
      await store.detach(db, dayOf(session.start))
      await store.settle(db, dayOf(session.start))
    })
    await owner.raw(`
      create function telemetry.refuse() returns trigger language plpgsql as $$ begin raise 'the disk is full'; end $$;
      create trigger refuse after insert on telemetry.session_summaries execute function telemetry.refuse()`)
    await assert.rejects(archive.run(), /the disk is full/)
    assert.deepEqual(await session.told(), ['minute', 10])
    await owner.raw('drop function telemetry.refuse cascade')
    await killWhileBlocked('telemetry.minutes_default', db => store.summarize(db, dayOf(session.start)))
    assert.deepEqual(await session.told(), ['minute', 10])
    await archive.run()
    assert.deepEqual(await session.told(), ['summary', 1])
    assert.ok(!(await archive.tables('minutes')).includes(named('minutes', session.start)))
  })
})

describe('two jobs at once', () => {
  it('do the same as one', async () => {
    const session = await oldSession(44)
    await Promise.all([archive.run(), archive.run()])
    await finishes(session)
    const { items } = await session.get()
    assert.equal(items[9].energy_delivered, 119)
  })
})

describe('a table that somebody else holds', () => {
  it('does not make chargers wait for more than two seconds', async () => {
    const session = await oldSession(46)
    await withConnection(db => store.compact(db, dayOf(session.start)))
    const reader = await owner.transaction()
    await reader.raw('select count(*) from telemetry.readings')
    const began = performance.now()
    await withConnection(db => assert.rejects(store.detach(db, dayOf(session.start)), /lock timeout/))
    assert.ok(performance.now() - began < 5000)
    assert.equal(await session.upload(Date.now(), {}), 200)
    await reader.rollback()
    await finishes(session)
  })
})
