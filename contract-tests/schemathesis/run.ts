import { StartError } from '../../src/errors.ts'
import { contractNames, testContract } from './contract.ts'
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
  let [passed, failed] = [0, 0]
  for (const name of contractNames()) {
    const outcome = await testContract(name, { program, seed: SEED, parameters, verbose: false })
    passed += outcome.passed
    failed += outcome.failed
  }
  console.log(`schemathesis: ${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

main().catch(error => {
  process.stderr.write(`${error instanceof StartError ? error.message : error.stack}\n`)
  process.exit(1)
})
