import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { contractNames, testContract } from '../contract-tests/schemathesis/contract.ts'
import { schemathesisProgram } from '../contract-tests/schemathesis/python.ts'
import { StartError } from '../src/errors.ts'

/**
 * `npm run fuzz -- --minutes 10`: the long form of the Schemathesis gate. The seed is random and printed; with
 * `--seed <it>` the same cases come again. `--contract tellus` fuzzes one contract only.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string' }, contract: { type: 'string' } },
  })
  const minutes = positive('minutes', values.minutes)
  const seed = values.seed === undefined ? randomInt(2 ** 32) : positive('seed', values.seed)
  const names = contractNames().filter(name => values.contract === undefined || name === values.contract)
  if (names.length === 0) throw new StartError(`there is no contract ${values.contract}`)
  const program = schemathesisProgram()
  console.log(`fuzz: seed ${seed}, ${minutes} minutes for ${names.join(', ')}`)
  const seconds = Math.max(1, Math.round((minutes * 60) / names.length))
  let [passed, failed] = [0, 0]
  for (const name of names) {
    // Fuzzing repeats with new cases until the time is spent.
    const parameters = [`--max-time=${seconds}`, '--max-examples=100', '--workers=1']
    const outcome = await testContract(name, { program, seed, parameters, verbose: true })
    passed += outcome.passed
    failed += outcome.failed
  }
  console.log(`fuzz: ${passed} passed, ${failed} failed; again with --seed ${seed}`)
  process.exitCode = failed === 0 ? 0 : 1
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new StartError(`--${name} must be a positive number, not "${text}"`)
  return value
}

main().catch(error => {
  process.stderr.write(`${error instanceof StartError ? error.message : error.stack}\n`)
  process.exit(1)
})
