import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { generate } from '../../tools/generate.ts'
import { makeSampleProject } from './sampleContract.ts'

const root = join(import.meta.dirname, '..', '..')

async function run(script: string, ...parameters: string[]) {
  const child = spawn(process.execPath, [script, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { status: status as number, output: stdout + stderr }
}

describe('npm run generate', () => {
  let project: string
  const generateSample = (...parameters: string[]) =>
    run(join(root, 'tools', 'generate.ts'), '--root', project, ...parameters)

  before(async () => {
    project = await makeSampleProject()
  })
  after(() => rm(project, { recursive: true, force: true }))

  test('--check fails before the first run, passes after it, and two runs give the same bytes', async () => {
    assert.equal((await generateSample('--check')).status, 1)
    assert.equal((await generateSample()).status, 0)
    const passed = await generateSample('--check')
    assert.equal(passed.status, 0, passed.output)
    assert.deepEqual(await generate(project), await generate(project))
  })

  test('--check fails and names a stale bundle and a leftover file, and leaves both alone', async () => {
    const bundle = join(project, 'generated', 'sample', 'openapi.json')
    await appendFile(bundle, ' ')
    await writeFile(join(project, 'generated', 'sample', 'old.ts'), '')
    await mkdir(join(project, 'generated', 'released', 'sample'), { recursive: true })
    await writeFile(join(project, 'generated', 'released', 'sample', '1.0.0.json'), '{}')
    const { status, output } = await generateSample('--check')
    assert.equal(status, 1)
    assert.deepEqual(output.match(/generated\/\S+/g), ['generated/sample/old.ts', 'generated/sample/openapi.json'])
    assert.match(await readFile(bundle, 'utf8'), / $/)
  })

  test('a run repairs them and keeps released bundles', async () => {
    assert.match((await generateSample()).output, /2 changed/)
    assert.equal((await generateSample('--check')).status, 0)
    assert.equal(await readFile(join(project, 'generated', 'released', 'sample', '1.0.0.json'), 'utf8'), '{}')
  })

  test('a reference that leads nowhere, a format nobody knows and two operations of one name stop it', async () => {
    const broken: [Record<string, string>, RegExp][] = [
      [
        { 'schemas/Thing.yaml': 'type: object\nproperties: { a: { $ref: Nothing.yaml } }' },
        /does not bundle[\s\S]*Nothing/,
      ],
      [{ 'schemas/Thing.yaml': 'type: string\nformat: date-tme' }, /format 'date-tme' is not in src\/formats\.ts/],
      [{ 'openapi.yaml': twoNamesAlike }, /operationId getThing is used twice/],
    ]
    for (const [changes, message] of broken) {
      const folder = await makeSampleProject(changes)
      await assert.rejects(generate(folder), message)
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('a missing handler, a wrong reply and an undeclared status are compile errors, a right handler is none', async () => {
    await writeHandler('getThing', '({ status: 200, body: { id: call.path.id, power: 1 } })')
    await writeHandler('listThings', "({ status: 200, body: { id: 'a', power: 'much' } })")
    await writeHandler('sendThing', '({ status: 201, body: call.body })')
    const config = JSON.parse(await readFile(join(project, 'tsconfig.json'), 'utf8'))
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ ...config, include: ['generated/sample'] }))
    const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
    const { status, output } = await run(join(typescript, 'bin', 'tsc'), '--pretty', 'false', '-p', project)
    assert.notEqual(status, 0)
    assert.match(
      output,
      /index\.ts\S* error TS2307: Cannot find module '\S*handlers\/sample\/things\/deleteThings\.ts'/,
    )
    assert.match(output, /listThings\.ts\S* error TS2322: [\s\S]*'string' is not assignable to type 'number'/)
    assert.match(output, /sendThing\.ts\S* error TS2322: [\s\S]*'201' is not assignable to type '200'/)
    assert.doesNotMatch(output, /getThing\.ts\(/)
  })

  async function writeHandler(id: string, reply: string) {
    const file = join(project, 'handlers', 'sample', 'things', `${id}.ts`)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(
      file,
      `import type { Handlers } from '../../../generated/sample/index.ts'\n` +
        `export const ${id}: Handlers['${id}'] = async call => ${reply}\n`,
    )
  }
})

const twoNamesAlike = `
openapi: 3.1.0
info: { title: Sample, version: 1.0.0 }
paths:
  /things/{id}: { get: { $ref: operations/things/getThing.yaml } }
  /others/{id}: { get: { $ref: operations/things/getThing.yaml } }
`
