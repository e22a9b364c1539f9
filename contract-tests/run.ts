import { globSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { globalSetup, globalTeardown } from './support/globalSetup.ts'

/**
 * The gate of the tests: every test file of the repository in a process of its own, four at a time on one Postgres.
 * `node --test` takes files in the order of their names, and ends with whatever is slow and called late.
 */

const ROOT = path.join(import.meta.dirname, '..')

/** Where files wait for processes and clocks for many seconds. They begin first, the slowest ones before the others. */
const LONG = [
  'contract-tests/processes/accounts',
  'contract-tests/processes',
  'contract-tests/docs/stations',
  'contract-tests/ocpp/faults',
  'contract-tests/schemathesis',
  'contract-tests/journeys/ocpp',
  'contract-tests/ocpp/commands/delivery',
  'contract-tests/docs',
  'twin',
]

const rank = (file: string): number => {
  const place = LONG.findIndex(prefix => file.startsWith(prefix))
  return place === -1 ? LONG.length : place
}

const files = globSync('{contract-tests,src,tools,twin,bench,docs-site}/**/*.test.ts', { cwd: ROOT })
  .sort()
  .sort((one, other) => rank(one) - rank(other))

await globalSetup()
try {
  const results = run({ files: files.map(file => path.join(ROOT, file)), concurrency: 4, timeout: 120_000 })
  results.on('test:fail', () => {
    process.exitCode = 1
  })
  await pipeline(results, new spec(), process.stdout, { end: false })
} finally {
  await globalTeardown()
}
