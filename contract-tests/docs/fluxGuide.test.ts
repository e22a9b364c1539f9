import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { startTestServer } from '../support/testServer.ts'

/** Every example of the guide, run as it is printed; those in Go are left out, and in Python where there is none. */

const root = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)
const server = await startTestServer()
const folder = await mkdtemp(join(tmpdir(), 'voltspec-guide-'))
after(() => rm(folder, { recursive: true, force: true }))
await mkdir(join(folder, '.data'))
await writeFile(join(folder, '.data/credentials.json'), JSON.stringify(server.credentials))
await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
const guide = await readFile(join(root, 'docs-site/guides/flux.md'), 'utf8')
const [keys, ...examples] = [...guide.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, code]) => ({
  language: language!,
  code: code!,
}))

const COMMANDS: Record<string, [command: string, file: string]> = {
  sh: ['bash', 'example.sh'],
  js: ['node', 'example.mjs'],
  python: ['python3', 'example.py'],
}
/** What each example prints, in the order of the guide. */
const PRINTED = [
  /^{ time: '.+Z', soe: \d+.*, target_power: -?\d+.* }\n$/,
  /^\[{"time":".+Z","soe":.+,"target_power":.+}\]$/,
  /^\[{'time': '.+Z', 'soe': .+, 'target_power': .+}\]\n$/,
  /^\d{3,}\n$/,
  /^\[{"time":.+},{"time":.+"power_total_active":.+}\]$/,
  /^201 23505 62 1\n$/,
  /^\[{"time_b":.+,"energy_imported_active_delta":.+},{"time_b":.+}\]$/,
  /^(.+Z [0-9a-f-]{36} [\d.e-]+\n){3}$/,
  /^ok Subscribed to PostgreSQL\nINSERT 50\n$/,
]

describe('the guide of flux', () => {
  const shown = examples.filter(({ language }) => language in COMMANDS)
  it('has an expectation for every example', () => assert.equal(shown.length, PRINTED.length))
  for (const [index, { language, code }] of shown.entries()) {
    const [command, file] = COMMANDS[language]!
    const skip = spawnSync(command, ['--version']).error !== undefined
    it(`has an example ${index + 1} that works as printed, in ${language}`, { skip }, async () => {
      await writeFile(join(folder, file), code)
      const script = `${keys!.code.replace('http://127.0.0.1:8080', server.url)}\n${command} ${file}`
      const { stdout } = await run('bash', ['-e', '-c', script], { cwd: folder })
      assert.match(stdout, PRINTED[index]!)
    })
  }
})
