/**
 * Runs before `npm start`, `npm run dev` and `npm test`, under whatever Node the host has: installs when `node_modules`
 * is missing or was made from another lock file, and builds the docs, which takes a fraction of a second.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'

const STAMP = 'node_modules/.installed-from'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Node 20.19 or newer is needed to install, this is ${process.version}`)
}

const wanted = createHash('sha256').update(fs.readFileSync('package-lock.json')).digest('hex')
const installed = fs.existsSync(STAMP) ? fs.readFileSync(STAMP, 'utf8') : undefined
if (installed !== wanted) {
  say(
    installed === undefined ? 'installing packages (once, about a minute)' : 'the lock file changed; installing again',
  )
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], 'npm ci failed; its reason stands above')
  fs.writeFileSync(STAMP, wanted)
}
run('node_modules/.bin/node', ['docs-site/build.ts'], 'the docs do not build; their reason stands above')

function run(command, args, complaint) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  if (status === 0) return
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`)
  fail(complaint)
}

function say(line) {
  process.stdout.write(`${line}\n`)
}

function fail(line) {
  process.stderr.write(`${line}\n`)
  process.exit(1)
}
