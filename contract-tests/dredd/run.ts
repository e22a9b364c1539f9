import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findContracts } from '../../tools/mock/contracts.ts'
import { readUncovered } from './coverage.ts'
import { runDredd } from './runDredd.ts'
import { openStage } from './stage.ts'
import { subjects } from './subjects.ts'

// The Dredd gate: every declared response of every operation is provoked on a live server, and is as declared.

// Dredd is older than Node's deprecations.
process.noDeprecation = true

const list = fs.readFileSync(fileURLToPath(new URL('../uncovered.txt', import.meta.url)), 'utf8')
const stage = await openStage()
let stopping = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopping = true
    void stage.close().finally(() => process.exit(1))
  })
}
let passed = 0
let failed = 0
try {
  for (const { name, document } of findContracts()) {
    const open = subjects[name]
    if (open === undefined) {
      process.stdout.write(`${name}: there is nothing in contract-tests/dredd that prepares its requests\n`)
      failed++
      continue
    }
    const uncovered = readUncovered(list, name)
    const { responses } = await import(`../../generated/${name}/validators.js`)
    const verdict = await runDredd({ document, responses, uncovered, prepare: await open(stage) })
    // What fails because we leave is nobody's fault.
    if (stopping) await new Promise(() => {})
    for (const failure of verdict.failures) process.stdout.write(`${name} ${failure}\n`)
    passed += verdict.passed
    failed += verdict.failures.length
  }
} finally {
  await stage.close()
}
process.stdout.write(`dredd: ${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
