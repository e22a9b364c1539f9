import { StartError } from '../../src/errors.ts'
import { contractNames, type Outcome, testContract } from './contract.ts'
import { schemathesisProgram } from './python.ts'

/**
 * The Schemathesis gate: each contract's examples, its edges and a bounded, repeatable amount of chance against a live
 * server. `npm run fuzz` is the long form.
 */

const SEED = 20260101
/** Cases per operation in the fuzzing phase, so that the gate stays within its 100 seconds on two cores. */
const EXAMPLES = 8

async function main(): Promise<void> {
  if (process.env.SKIP_SCHEMATHESIS === '1') {
    console.log('schemathesis: skipped')
    return
  }
  const program = schemathesisProgram()
  const parameters = [`--max-examples=${EXAMPLES}`, '--workers=1']
  const run = { program, seed: SEED, parameters, verbose: false }
  // Side by side, each with a server and a database of its own: a run is one Python process, which keeps one core busy.
  const outcomes = await Promise.all(contractNames().map(name => testContract(name, run)))
  const sum = (key: keyof Outcome) => outcomes.reduce((total, outcome) => total + outcome[key], 0)
  const [passed, failed] = [sum('passed'), sum('failed')]
  console.log(`schemathesis: ${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

main().catch(error => {
  process.stderr.write(`${error instanceof StartError ? error.message : error.stack}\n`)
  process.exit(1)
})
