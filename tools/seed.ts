import { readConfig } from '../src/config.ts'
import { StartError } from '../src/errors.ts'
import { isCurrent } from '../src/postgres/migrate.ts'
import { seedDemo } from '../src/seed/seedDemo.ts'
import { main } from './main.ts'

/** `npm run seed`: puts the demo tenants into DATABASE_URL, once. The embedded database is seeded at its first start. */
await main(async () => {
  const config = readConfig()
  if (config.databaseUrl === undefined)
    throw new StartError('set DATABASE_URL; the embedded database is seeded at its first start')
  if (!(await isCurrent(config.databaseUrl)))
    throw new StartError('the database lacks migrations; run "npm run migrate" first')
  const file = await seedDemo(config.databaseUrl, config, { force: true, say: console.log })
  console.log(
    file === undefined
      ? 'the demo is in this database already; its secrets were shown elsewhere'
      : `credentials: ${file}`,
  )
})
