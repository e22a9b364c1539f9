import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { startTestServer } from '../support/testServer.ts'

const root = join(import.meta.dirname, '..', '..')

/** What one line of the tour printed: replies are JSON, one after the other. */
const repliesIn = (output: string) =>
  output
    .replaceAll(/[}\]](?=[{[])/g, '$&\n')
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))

test('every line of the tour in the README works when pasted', async () => {
  const server = await startTestServer()
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const [, tour] = /## A tour with curl\n([\s\S]*?)\n## /.exec(readme)!
  const lines = [...tour!.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block).join('')
  assert.ok(lines.includes('http://127.0.0.1:8080'))

  const folder = await mkdtemp(join(tmpdir(), 'voltspec-tour-'))
  try {
    await mkdir(join(folder, '.data'))
    await writeFile(join(folder, '.data/credentials.json'), JSON.stringify(server.credentials))
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    const script = `set -e\n${lines.replace('http://127.0.0.1:8080', server.url)}`
    const child = spawn('bash', ['-c', script], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    const [output, complaints, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    assert.equal(status, 0, complaints)

    const replies = repliesIn(output)
    const [sites, stored, queued, polled] = replies
    assert.equal(sites.data.items.length, 1)
    assert.equal(stored.data, null)
    assert.equal(queued.data.status, 'queued')
    assert.equal(polled.data.command_id, queued.data.command_id)
    assert.equal(polled.data.command, 'start_charging')
    const frame = replies.find(reply => reply.connectors !== undefined)
    assert.equal(frame?.connectors[0].power, 21.5)
    assert.equal(replies.at(-2)[0].device_id, '123e4567-e89b-12d3-a456-426614174000')
    assert.equal(replies.at(-1).connectedClients, 0)
    assert.equal(replies.length, 8)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
