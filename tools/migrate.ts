import { readConfig } from '../src/config.ts'
import { StartError } from '../src/errors.ts'
import { checkPostgres } from '../src/postgres/connect.ts'
import { migrate } from '../src/postgres/migrate.ts'
import { main } from './main.ts'

/** `npm run migrate`: brings the schema of DATABASE_URL up to date. The embedded database is migrated at every start. */
await main(async () => {
  const config = readConfig()
  const { databaseUrl } = config
  if (databaseUrl === undefined)
    throw new StartError('set DATABASE_URL; the embedded database is migrated at every start')
  await checkPostgres(databaseUrl, config)
  const applied = await migrate(databaseUrl)
  console.log(applied.length === 0 ? 'the schema is up to date' : `applied ${applied.join(', ')}`)
})
