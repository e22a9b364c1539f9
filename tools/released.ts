import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { runRedocly } from './generate/redocly.ts'

export const RELEASED = 'generated/released'

/** The bundles of a contract that were ever released, oldest version first. */
export function releasedVersions(root: string, contract: string): string[] {
  const folder = path.join(root, RELEASED, contract)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .map(file => path.basename(file, '.json'))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

/** The contracts that have an OpenAPI bundle. */
export function bundledContracts(root: string): string[] {
  return readdirSync(path.join(root, 'generated'))
    .filter(name => existsSync(path.join(root, 'generated', name, 'openapi.json')))
    .sort()
}

export async function bundledVersion(root: string, contract: string): Promise<string> {
  return JSON.parse(await readFile(path.join(root, 'generated', contract, 'openapi.json'), 'utf8')).info.version
}

/**
 * Compares a contract with its latest release: what breaks a client must not happen within a major version, and what
 * changed must show in the version.
 *
 * @returns the report of what is wrong, empty when nothing is
 */
export async function compareWithRelease(root: string, contract: string): Promise<string> {
  const latest = releasedVersions(root, contract).at(-1)
  if (latest === undefined) return ''
  const base = path.join(RELEASED, contract, `${latest}.json`)
  const revision = path.join('generated', contract, 'openapi.json')
  const result = await runRedocly(root, [
    'diff',
    base,
    revision,
    '--fail-on=major',
    '--check-version',
    '--config=spec/redocly.yaml',
  ])
  return result.status === 0 ? '' : `${contract} against its release ${latest}:\n${result.stdout}${result.stderr}`
}
