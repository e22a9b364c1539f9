import { spawn } from 'node:child_process'
import path from 'node:path'
import { parseArgs } from 'node:util'

/**
 * `npm test`: every gate in order, each in a process of its own, then one table. What a gate prints is shown when it
 * fails. `npm test -- --only types,tests` runs some of them.
 */

interface Gate {
  name: string
  command: string[]
  /** Reads how many checks passed and failed from what the gate printed; one of either where it does not say. */
  count?: (output: string) => Counts | undefined
}

interface Counts {
  passed: number
  failed: number
  skipped?: boolean
}

interface Result extends Counts {
  name: string
  seconds: number
}

/** The closing line of our own gates: `dredd: 210 passed, 0 failed`, or `schemathesis: skipped`. */
function closingLine(output: string): Counts | undefined {
  if (/^[a-z-]+: skipped/m.test(output)) return { passed: 0, failed: 0, skipped: true }
  const match = [...output.matchAll(/^[a-z-]+: (\d+) passed, (\d+) failed/gm)].at(-1)
  return match && { passed: Number(match[1]), failed: Number(match[2]) }
}

/** The summary of node's test runner. */
function testSummary(output: string): Counts | undefined {
  const read = (word: string) => Number(new RegExp(`^(?:ℹ|#) ${word} (\\d+)`, 'm').exec(output)?.[1] ?? Number.NaN)
  const [passed, failed] = [read('pass'), read('fail') + read('cancelled')]
  return Number.isNaN(passed + failed) ? undefined : { passed, failed }
}

/** Hundreds of processes load the same modules: the first one strips and compiles them, the others read what it kept. */
const COMPILE_CACHE = path.join(import.meta.dirname, '../node_modules/.cache/compiled')

const GATES: Gate[] = [
  { name: 'lint', command: ['tools/lint.ts'] },
  { name: 'generate', command: ['tools/generate.ts', '--check'] },
  { name: 'types', command: ['node_modules/typescript/bin/tsc', '--noEmit'] },
  { name: 'tests', command: ['contract-tests/run.ts'], count: testSummary },
  { name: 'prism', command: ['contract-tests/prism/run.ts'], count: closingLine },
  { name: 'dredd', command: ['contract-tests/dredd/run.ts'], count: closingLine },
  { name: 'schemathesis', command: ['contract-tests/schemathesis/run.ts'], count: closingLine },
  { name: 'breaking', command: ['tools/breaking.ts'], count: closingLine },
  { name: 'docs', command: ['docs-site/build.ts'] },
]

const { values } = parseArgs({ options: { only: { type: 'string' } } })
const wanted = values.only?.split(',') ?? GATES.map(({ name }) => name)

const results: Result[] = []
for (const gate of GATES.filter(({ name }) => wanted.includes(name))) {
  const result = await run(gate)
  results.push(result)
  const verdict = result.skipped ? 'skipped' : result.failed > 0 ? 'FAILED' : 'ok'
  console.log(`${gate.name.padEnd(14)}${verdict.padEnd(9)}${result.seconds.toFixed(1).padStart(6)} s`)
}

const width = 14
const sum = (key: 'passed' | 'failed' | 'seconds') => results.reduce((total, result) => total + result[key], 0)
console.log(`\n${'gate'.padEnd(width)}${'passed'.padStart(8)}${'failed'.padStart(8)}${'seconds'.padStart(9)}`)
for (const { name, passed, failed, seconds, skipped } of results) {
  const figures = skipped ? 'skipped'.padStart(16) : String(passed).padStart(8) + String(failed).padStart(8)
  console.log(`${name.padEnd(width)}${figures}${seconds.toFixed(1).padStart(9)}`)
}
console.log(`${''.padEnd(width)}${''.padStart(16)}${sum('seconds').toFixed(1).padStart(9)}\n`)
console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
process.exitCode = sum('failed') > 0 ? 1 : 0

async function run({ name, command, count }: Gate): Promise<Result> {
  const started = performance.now()
  const { status, output } = await execute(command)
  const seconds = (performance.now() - started) / 1000
  const counts = count?.(output) ?? { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1 }
  // A gate that ends badly has failed, whatever it counted before.
  if (status !== 0 && counts.failed === 0) counts.failed = 1
  if (counts.failed > 0) console.log(`\n---- ${name}\n${output}\n----`)
  return { name, seconds, ...counts }
}

function execute(command: string[]): Promise<{ status: number; output: string }> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE }
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'], env })
    const chunks: Buffer[] = []
    child.stdout.on('data', chunk => chunks.push(chunk))
    child.stderr.on('data', chunk => chunks.push(chunk))
    child.once('error', reject)
    child.once('close', status => resolve({ status: status ?? 1, output: Buffer.concat(chunks).toString('utf8') }))
  })
}
