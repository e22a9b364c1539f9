import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { startTestServer } from '../support/testServer.ts'

const root = join(import.meta.dirname, '..', '..')
// The demo of a test has days where that of a reader has a month: shorter pages make several of them.
const guide = (await readFile(join(root, 'docs-site/guides/flux.md'), 'utf8'))
  .replaceAll("limit=10'", "limit=1'")
  .replaceAll('limit=10"', 'limit=1"')
  .replaceAll('limit(10)', 'limit(1)')
const blocks = (language: string) =>
  [...guide.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(match => match[1] === language).map(match => match[2]!)

const server = await startTestServer()
const { anon_key, service_key } = server.credentials.flux
const folder = await mkdtemp(join(tmpdir(), 'voltspec-flux-'))
await mkdir(join(folder, '.data'))
await writeFile(join(folder, '.data/credentials.json'), JSON.stringify(server.credentials))
await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
after(() => rm(folder, { recursive: true, force: true }))

/** Runs a program where the guide's reader stands, and returns what it printed. */
async function run(program: string, parameters: string[], environment: Record<string, string> = {}): Promise<string> {
  const child = spawn(program, parameters, {
    cwd: folder,
    env: { ...process.env, FLUX_URL: server.url, ANON_KEY: anon_key, SERVICE_KEY: service_key, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [output, complaints, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  assert.equal(status, 0, `${complaints}\n${output}`)
  return output
}

const isThere = (program: string) => spawnSync(program, ['version']).error === undefined

describe('every example of the flux guide works', () => {
  it('in curl', async () => {
    const script = blocks('sh').join('').replace('http://127.0.0.1:8080', server.url)
    const output = await run('bash', ['-c', `set -e\n${script}`])
    assert.doesNotMatch(output, /"hint"/)
    assert.match(output, /Content-Range: \*\/[12]\b/)
  })

  const [jsSetUp, ...jsExamples] = blocks('js')
  for (const [index, example] of jsExamples.entries())
    it(`in JavaScript, number ${index + 1}`, async () => {
      await writeFile(join(folder, 'example.mjs'), jsSetUp + example)
      const output = await run(process.execPath, ['example.mjs'])
      if (example.includes('console.log')) assert.notEqual(output, '')
      assert.doesNotMatch(output, /read the table/)
    })

  const [pythonSetUp, ...pythonExamples] = blocks('python')
  for (const [index, example] of pythonExamples.entries())
    it(`in Python, number ${index + 1}`, async () => {
      assert.notEqual(await run('python3', ['-c', pythonSetUp + example]), '')
    })

  const [goSetUp, ...goExamples] = blocks('go')
  for (const [index, example] of goExamples.entries())
    it(`in Go, number ${index + 1}`, { skip: !isThere('go') && 'Go is not installed' }, async () => {
      await writeFile(join(folder, 'flux.go'), goSetUp!)
      await writeFile(join(folder, 'main.go'), example)
      assert.notEqual(await run('go', ['run', 'flux.go', 'main.go']), '')
    })
})
