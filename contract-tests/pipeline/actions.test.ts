import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { generate, write } from '../../tools/generate.ts'
import { makeSampleProject } from './sampleContract.ts'

const operation = (action: 'send' | 'receive', name: string, protocols: string) => `
action: ${action}
channel: { $ref: '../../asyncapi.yaml#/channels/things' }
title: ${name}
x-status: implemented
x-protocols: [${protocols}]
x-ocpp-schema: { request: ${name}Request, response: ${name}Response }
messages: [{ $ref: '../../asyncapi.yaml#/channels/things/messages/Thing' }]
`

const asyncapi = (...ids: string[]) => `
asyncapi: 3.0.0
info: { title: Sample, version: 1.0.0 }
channels:
  things: { address: /things, messages: { Thing: { payload: { $ref: schemas/Thing.yaml } } } }
operations:
${ids.map(id => `  ${id}: { $ref: operations/${id.replace('.', '/')}.yaml }`).join('\n')}
`

const actions = {
  'asyncapi.yaml': asyncapi('v16.heartbeat', 'v16.reset', 'v201.heartbeat', 'v201.authorize', 'v201.signCertificate'),
  'operations/v16/heartbeat.yaml': operation('receive', 'Heartbeat', 'ocpp1.6'),
  'operations/v16/reset.yaml': operation('send', 'Reset', 'ocpp1.6'),
  'operations/v201/heartbeat.yaml': operation('receive', 'Heartbeat', 'ocpp2.0.1, ocpp2.1'),
  'operations/v201/authorize.yaml': operation('receive', 'Authorize', 'ocpp2.0.1, ocpp2.1'),
  'operations/v201/signCertificate.yaml': operation('receive', 'SignCertificate', 'ocpp2.0.1, ocpp2.1'),
}

describe('a contract whose operations are actions of OCPP', () => {
  let project: string
  before(async () => {
    project = await makeSampleProject(actions)
    const files = await generate(project)
    await write(project, files, [...files.keys()])
  })
  after(() => rm(project, { recursive: true, force: true }))

  test('the bundle refers to channels and messages, though operations stand in files of their own', async () => {
    const bundle = JSON.parse(await readFile(join(project, 'generated', 'sample', 'asyncapi.json'), 'utf8'))
    for (const { channel, messages } of Object.values<{ channel: object; messages: object[] }>(bundle.operations)) {
      assert.deepEqual(channel, { $ref: '#/channels/things' })
      assert.deepEqual(messages, [{ $ref: '#/channels/things/messages/Thing' }])
    }
  })

  test('operations.md names action and versions', async () => {
    const table = await readFile(join(project, 'generated', 'operations.md'), 'utf8')
    assert.match(table, /v201\.heartbeat \| `\/things` \| receive \| sample \| Heartbeat \(ocpp2\.0\.1, ocpp2\.1\)/)
  })

  test('a missing handler and an answer that one version refuses are compile errors, a right handler is none', async () => {
    await writeHandler('v16', 'heartbeat', "({ currentTime: '2026-05-10T14:00:00Z' })")
    await writeHandler('v201', 'heartbeat', "({ currentTime: '2026-05-10T14:00:00Z' })")
    await writeHandler('v201', 'signCertificate', "({ status: 'Refused' })")
    const config = JSON.parse(await readFile(join(project, 'tsconfig.json'), 'utf8'))
    const only = { ...config, include: ['generated/sample/index.ts'] }
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify(only))
    const output = await compile()
    assert.match(output, /index\.ts\S* error TS2307: Cannot find module '\S*handlers\/sample\/v201\/authorize\.ts'/)
    assert.match(output, /v201\/signCertificate\.ts\S* error TS2322: [\s\S]*"Refused"/)
    assert.doesNotMatch(output, /heartbeat\.ts\(|reset/)
  })

  test('a name without its family and a version that nobody knows stop it', async () => {
    const nameless = asyncapi('v16.heartbeat').replace('v16.heartbeat:', 'heartbeat:')
    const broken: [Record<string, string>, RegExp][] = [
      [{ ...actions, 'asyncapi.yaml': nameless }, /heartbeat is not <family>\.<action in camelCase>/],
      [{ ...actions, 'operations/v16/heartbeat.yaml': operation('receive', 'Heartbeat', 'ocpp1.5') }, /no x-protocols/],
    ]
    for (const [changes, message] of broken) {
      const folder = await makeSampleProject(changes)
      await assert.rejects(generate(folder), message)
      await rm(folder, { recursive: true, force: true })
    }
  })

  async function writeHandler(family: string, name: string, answer: string) {
    const file = join(project, 'handlers', 'sample', family, `${name}.ts`)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(
      file,
      `import type { Handlers } from '../../../generated/sample/index.ts'\n` +
        `export const ${name}: Handlers['${family}']['${name}'] = async () => ${answer}\n`,
    )
  }

  async function compile(): Promise<string> {
    const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
    const parameters = [join(typescript, 'bin', 'tsc'), '--pretty', 'false', '-p', project]
    const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [output] = await Promise.all([text(child.stdout), once(child, 'close')])
    return output
  }
})
