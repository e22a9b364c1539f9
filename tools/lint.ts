import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, normalize } from 'node:path'
import { parse } from 'yaml'
import { findDocuments } from './generate/documents.ts'
import { runRedocly } from './generate/redocly.ts'

/**
 * `npm run lint`: Redocly on every document under spec/ and Biome on every source. Prints problems only; exits 1 when
 * there is one.
 */

/** Problems of the documents as text, empty when there is none. */
export async function lintDocuments(root: string): Promise<string> {
  const documents = await findDocuments(root)
  const config = parse(await readFile(join(root, 'spec', 'redocly.yaml'), 'utf8')) as {
    apis: Record<string, { root: string }>
  }
  const listed = new Set(Object.values(config.apis).map(api => join('spec', normalize(api.root))))
  const unlisted = documents
    .filter(document => !listed.has(document))
    .map(document => `${document} is not in the apis of spec/redocly.yaml\n`)
  const result = await runRedocly(root, [
    'lint',
    ...documents,
    '--config=spec/redocly.yaml',
    '--format=stylish',
    '--max-problems=1000',
  ])
  const orphans = await findOrphans(root, documents)
  return [...unlisted, ...orphans, result.status === 0 ? '' : `${result.stdout}${result.stderr}`].join('')
}

/** Files under spec/ that no document leads to: an operation or a schema that was forgotten, or a leftover. */
async function findOrphans(root: string, documents: string[]): Promise<string[]> {
  const reached = new Set<string>()
  for (const document of documents) await followReferences(root, document, reached)
  const entries = await readdir(join(root, 'spec'), { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile() && entry.name.endsWith('.yaml'))
    .map(entry => join(entry.parentPath, entry.name).slice(join(root, '/').length))
    .filter(
      file => file !== join('spec', 'redocly.yaml') && !file.startsWith(join('spec', 'rules')) && !reached.has(file),
    )
    .map(file => `${file} is referred to by no document\n`)
}

async function followReferences(root: string, file: string, reached: Set<string>): Promise<void> {
  if (reached.has(file)) return
  const text = await readFile(join(root, file), 'utf8').catch(() => undefined)
  // A reference that leads nowhere is Redocly's to report.
  if (text === undefined) return
  reached.add(file)
  for (const [, reference = ''] of text.matchAll(/\$ref:\s*['"]?([^\s'"#,}]+)/g)) {
    await followReferences(root, join(dirname(file), reference), reached)
  }
}

function runBiome(root: string): Promise<number> {
  const biome = join(dirname(createRequire(import.meta.url).resolve('@biomejs/biome/package.json')), 'bin', 'biome')
  const child = spawn(process.execPath, [biome, 'check', '--config-path=.biome.json'], { cwd: root, stdio: 'inherit' })
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.once('error', reject)
  child.once('close', code => resolve(code ?? 1))
  return promise
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  const problems = await lintDocuments(root)
  if (problems !== '') console.error(problems)
  const biomeStatus = await runBiome(root)
  process.exitCode = problems === '' && biomeStatus === 0 ? 0 : 1
}
