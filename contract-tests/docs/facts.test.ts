import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { RATE_LIMITS, TIERS } from '../../src/limits/rates.ts'

const root = join(import.meta.dirname, '..', '..')
const read = (path: string) => readFile(join(root, path), 'utf8')

test('operating.md names every variable that the server reads, and no other', async () => {
  const source = await read('src/config.ts')
  const variables = new Set([
    ...[...source.matchAll(/\benv\.([A-Z][A-Z_]+)/g)].map(([, name]) => name!),
    ...[...source.matchAll(/integer\(env, '([A-Z_]+)'/g)].map(([, name]) => name!),
    ...Object.keys(RATE_LIMITS).map(
      name => `RATE_LIMIT_${name.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`,
    ),
    ...Object.keys(TIERS).map(name => `RATE_TIER_${name.toUpperCase()}`),
  ])
  const [, section] = /## Configuration\n([\s\S]*?)\n## /.exec(await read('docs-site/guides/operating.md'))!
  const described = [...section!.matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, name]) => name!)
  assert.deepEqual(described.sort(), [...variables].sort())
})

test('operating.md states the rate limits as they are', async () => {
  const guide = await read('docs-site/guides/operating.md')
  for (const [name, { count, seconds }] of Object.entries(RATE_LIMITS)) {
    const variable = `RATE_LIMIT_${name.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`
    assert.match(guide, new RegExp(`^\\| \`${variable}\` +\\| \`${count}/${seconds}\` +\\|`, 'm'), variable)
  }
  for (const [name, { perMinute, burst }] of Object.entries(TIERS)) {
    const variable = `RATE_TIER_${name.toUpperCase()}`
    assert.match(guide, new RegExp(`^\\| \`${variable}\` +\\| \`${perMinute}/${burst}\` +\\|`, 'm'), variable)
  }
})

test('the table of dependencies in decisions.md is the one of package.json', async () => {
  const { dependencies, devDependencies } = JSON.parse(await read('package.json'))
  const rows = [...(await read('docs-site/guides/decisions.md')).matchAll(/^\| `([^`]+)` (\S+) +\| ([^|]+) \|/gm)]
  const described = Object.fromEntries(rows.map(([, name, version]) => [name!, version!]))
  assert.deepEqual(described, { ...dependencies, ...devDependencies })
  for (const [, name, , licence] of rows) {
    const manifest = JSON.parse(await read(`node_modules/${name}/package.json`))
    assert.equal(licence!.trim(), manifest.license, name)
  }
})

test('links between the files that people read on the repository lead somewhere', async () => {
  for (const file of ['README.md', 'CHANGELOG.md']) {
    for (const [, target] of (await read(file)).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      assert.ok(existsSync(join(root, dirname(file), target!)), `${file} links to ${target}`)
    }
  }
})

test('LICENSE is Apache-2.0, whole', async () => {
  const licence = await read('LICENSE')
  for (const words of [
    'Version 2.0, January 2004',
    '9. Accepting Warranty',
    'APPENDIX: How to apply',
    '(d) If the Work',
  ])
    assert.ok(licence.includes(words), words)
})
