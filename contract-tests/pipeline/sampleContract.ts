import { cp, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

const openapi = `
openapi: 3.1.0
info: { title: Sample, version: 1.0.0 }
paths:
  /things/{id}: { get: { $ref: operations/things/getThing.yaml } }
  /things:
    get: { $ref: operations/things/listThings.yaml }
    post: { $ref: operations/things/sendThing.yaml }
    delete: { $ref: operations/things/deleteThings.yaml }
`

const thing = `
type: object
required: [id, power]
properties:
  id: { type: string, maxLength: 64 }
  power: { type: number, minimum: -5000, maximum: 5000, x-unit: kW }
  at: { type: string, format: date-time }
  zone: { type: string, format: timezone, default: UTC }
`

const asyncapi = `
asyncapi: 3.0.0
info: { title: Sample, version: 1.0.0 }
channels:
  things: { address: /things, messages: { ThingChanged: { payload: { $ref: schemas/Thing.yaml } } } }
operations:
  sendThings: { action: send, channel: { $ref: '#/channels/things' } }
`

const reply = `
    description: The thing.
    content: { application/json: { schema: { $ref: ../../schemas/Thing.yaml } } }
`

const operation = (id: string, rest: string) => `
operationId: ${id}
tags: [things]
x-status: implemented
security: []
${rest}
responses:
  '200':${reply}`

const files: Record<string, string> = {
  'openapi.yaml': openapi,
  'asyncapi.yaml': asyncapi,
  'schemas/Thing.yaml': thing,
  'operations/things/getThing.yaml': operation(
    'getThing',
    'parameters: [{ name: id, in: path, required: true, schema: { type: string, maxLength: 3 } }]',
  ),
  'operations/things/listThings.yaml': operation(
    'listThings',
    `parameters:
  - { name: page, in: query, schema: { type: integer, minimum: 1, default: 1 } }
  - { name: X-Trace, in: header, schema: { type: integer } }`,
  ),
  'operations/things/sendThing.yaml': operation(
    'sendThing',
    'requestBody: { required: true, content: { application/json: { schema: { $ref: ../../schemas/Thing.yaml } } } }',
  ),
  'operations/things/deleteThings.yaml': operation('deleteThings', ''),
}

/**
 * A folder of its own with a small contract named `sample`, the project's lint configuration, sources and packages;
 * `changes` replaces or adds files below spec/sample.
 */
export async function makeSampleProject(changes: Record<string, string> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'voltspec-sample-'))
  for (const [path, text] of Object.entries({ ...files, ...changes })) {
    const file = join(folder, 'spec', 'sample', path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
  await cp(join(root, 'spec', 'redocly.yaml'), join(folder, 'spec', 'redocly.yaml'))
  await cp(join(root, 'spec', 'rules'), join(folder, 'spec', 'rules'), {
    recursive: true,
    filter: source => !source.endsWith('fixtures'),
  })
  await cp(join(root, 'tsconfig.json'), join(folder, 'tsconfig.json'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  for (const name of ['node_modules', 'src']) await symlink(join(root, name), join(folder, name))
  return folder
}
