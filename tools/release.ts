import { existsSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { StartError } from '../src/errors.ts'
import { main } from './main.ts'
import { bundledContracts, bundledVersion, compareWithRelease, RELEASED } from './released.ts'

/**
 * `npm run release -- <contract>...`: keeps the present bundle of each named contract (all, when none is named) as
 * released under its version, once and for ever. Later bundles are held against it.
 */
await main(async () => {
  const root = process.cwd()
  const named = process.argv.slice(2)
  const known = bundledContracts(root)
  const unknown = named.find(contract => !known.includes(contract))
  if (unknown !== undefined) throw new StartError(`there is no contract ${unknown}; there are ${known.join(', ')}`)
  for (const contract of named.length === 0 ? known : named) {
    const version = await bundledVersion(root, contract)
    const target = path.join(root, RELEASED, contract, `${version}.json`)
    if (existsSync(target))
      throw new StartError(
        `${contract} ${version} is released already; raise info.version in spec/${contract}/openapi.yaml`,
      )
    const complaint = await compareWithRelease(root, contract)
    if (complaint !== '') throw new StartError(complaint)
    await mkdir(path.dirname(target), { recursive: true })
    await copyFile(path.join(root, 'generated', contract, 'openapi.json'), target)
    console.log(`released ${contract} ${version}`)
  }
})
