import { main } from './main.ts'
import { bundledContracts, compareWithRelease } from './released.ts'

/** The breaking-change gate: every contract against its latest release. */
await main(async () => {
  const root = process.cwd()
  let failed = 0
  const contracts = bundledContracts(root)
  for (const contract of contracts) {
    const complaint = await compareWithRelease(root, contract)
    if (complaint === '') continue
    failed++
    console.error(complaint)
  }
  console.log(`breaking: ${contracts.length - failed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
})
