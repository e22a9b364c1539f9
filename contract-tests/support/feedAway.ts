import pg from 'pg'
import type { TestServer } from './testServer.ts'

/** Does something while a server hears of no changes; its feed comes back afterwards. */
export async function whileFeedIsAway(
  { databaseUrl, services: { feed } }: TestServer,
  work: () => Promise<void>,
): Promise<void> {
  const owner = new pg.Client({ connectionString: databaseUrl })
  await owner.connect()
  try {
    const lost = new Promise<void>(resolve => feed.onLost(resolve))
    // A feed does not come back before the transactions have ended that are open when it tries.
    await owner.query('begin')
    await owner.query('select pg_current_xact_id()')
    await owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where backend_type = 'walsender' and datname = current_database()`,
    )
    await lost
    await work()
  } finally {
    await owner.end()
  }
}
