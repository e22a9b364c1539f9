import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { parse, stringify } from 'yaml'
import voltspec from '../../spec/rules/voltspec.mjs'
import { runRedocly } from '../../tools/generate/redocly.ts'

const root = join(import.meta.dirname, '..', '..')
const fixtures = join(root, 'spec', 'rules', 'fixtures')
const rulesByKind: Record<string, object> = voltspec().rules
const rules = [...new Set(Object.values(rulesByKind).flatMap(byName => Object.keys(byName)))].sort()

interface Report {
  problems: { ruleId: string; message: string; location: { source: { ref: string } }[] }[]
}

describe('lint rules', () => {
  let folder: string
  let problems: { file: string; rule: string; message: string }[]

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voltspec-lint-'))
    const config = parse(await readFile(join(root, 'spec', 'redocly.yaml'), 'utf8'))
    const apis = rules.flatMap(rule =>
      ['fail', 'pass'].flatMap(outcome =>
        ['openapi', 'asyncapi']
          .map(document => join(fixtures, rule, outcome, `${document}.yaml`))
          .filter(existsSync)
          // Only the rule itself is on, with the options it has in spec/redocly.yaml.
          .map(document => [
            document.replace(/[^a-z]/g, '-'),
            { root: document, rules: { [`voltspec/${rule}`]: config.rules[`voltspec/${rule}`] } },
          ]),
      ),
    )
    const file = join(folder, 'redocly.yaml')
    const plugins = [join(root, 'spec', 'rules', 'voltspec.mjs')]
    await writeFile(file, stringify({ telemetry: 'off', plugins, apis: Object.fromEntries(apis) }))
    const { stdout, stderr } = await runRedocly(root, ['lint', `--config=${file}`, '--format=json'])
    const reports: Report[] = stdout.split(/(?<=^\})(?=\{)/m).map(text => JSON.parse(text))
    assert.equal(reports.length, apis.length, stderr)
    problems = reports
      .flatMap(report => report.problems)
      .map(({ ruleId, message, location }) => ({ file: location[0]?.source.ref ?? '', rule: ruleId, message }))
  })

  after(() => rm(folder, { recursive: true, force: true }))

  test('every rule is on in spec/redocly.yaml, and every fixture folder is of a rule', async () => {
    const config = parse(await readFile(join(root, 'spec', 'redocly.yaml'), 'utf8'))
    for (const rule of rules) assert.ok(config.rules[`voltspec/${rule}`], `${rule} is not configured`)
    assert.deepEqual((await readdir(fixtures)).sort(), rules)
  })

  for (const rule of rules) {
    test(`${rule} reports its failing fixture, place by place`, async () => {
      const found = problems.filter(({ file }) => file.includes(`fixtures/${rule}/fail/`))
      const expected = await readFile(join(fixtures, rule, 'fail', 'problems.txt'), 'utf8')
      const lines = found.map(({ file, message }) => `${file.split('/fail/')[1]}: ${message}`).sort()
      assert.deepEqual(lines, expected.trim().split('\n'))
      assert.ok(found.every(problem => problem.rule === `voltspec/${rule}`))
    })

    test(`${rule} lets its passing fixture pass`, () => {
      assert.ok(existsSync(join(fixtures, rule, 'pass')), 'there is no passing fixture')
      assert.deepEqual(
        problems.filter(({ file }) => file.includes(`fixtures/${rule}/pass/`)),
        [],
      )
    })
  }
})
