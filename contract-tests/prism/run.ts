import { findContracts } from '../../tools/mock/contracts.ts'
import { startMock } from '../../tools/mock/startMock.ts'
import { checkExamples } from './checkExamples.ts'

// The gate behind `npm run mock`: every example of every contract is served, and is what the contract says it is.

const contracts = findContracts()
const mock = await startMock(0, contracts)
let passed = 0
let failed = 0
try {
  for (const { name, document } of contracts) {
    const { responses } = await import(`../../generated/${name}/validators.js`)
    const verdict = await checkExamples(`${mock.url}/${name}`, document, responses)
    for (const failure of verdict.failures) process.stdout.write(`${name} ${failure}\n`)
    passed += verdict.passed
    failed += verdict.failures.length
  }
} finally {
  await mock.stop()
}
process.stdout.write(`prism: ${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
