import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { OCPP16, OCPP20, OCPP21 } from 'typed-ocpp'
import type { Protocol } from '../../src/ocpp/action.ts'
import { check } from '../../src/ocpp/schemas.ts'
import type { AsyncApiDocument } from '../../tools/generate/documents.ts'

const bundle = join(import.meta.dirname, '..', '..', 'generated', 'ocpp', 'asyncapi.json')
const document: AsyncApiDocument = JSON.parse(await readFile(bundle, 'utf8'))
const operations = Object.entries(document.operations ?? {})
const schemas: Record<Protocol, object> = {
  'ocpp1.6': OCPP16.schemas,
  'ocpp2.0.1': OCPP20.schemas,
  'ocpp2.1': OCPP21.schemas,
}

describe('the OCPP document', () => {
  for (const [id, { title = '', 'x-protocols': protocols = [], ...operation }] of operations) {
    test(`${id} has examples for ${protocols.join(' and ')}, and each is valid`, () => {
      const schema = operation['x-ocpp-schema']
      const examples = operation['x-examples'] ?? []
      assert.ok(schema && protocols.length > 0)
      for (const protocol of protocols) {
        for (const name of Object.values(schema)) assert.ok(name in schemas[protocol], `${protocol} has no ${name}`)
        const own = examples.filter(example => (example.protocols ?? protocols).includes(protocol))
        assert.ok(own.length > 0, `there is no example for ${protocol}`)
        for (const { request, response } of own) {
          assert.equal(check(protocol, title, 'request', request), undefined)
          assert.equal(response === undefined, schema.response === undefined)
          if (response !== undefined) assert.equal(check(protocol, title, 'response', response), undefined)
        }
      }
    })
  }

  test('no schema of the Open Charge Alliance stands in it', async () => {
    const text = await readFile(bundle, 'utf8')
    assert.doesNotMatch(text, /urn:|EnumType|DataType|"definitions"/)
    assert.deepEqual(Object.keys(document.components?.schemas ?? {}), [
      'Call',
      'CallError',
      'CallResult',
      'CallResultError',
      'Send',
    ])
  })

  test('each action is named once for each version and direction', () => {
    const places = operations.flatMap(([, { action, title, 'x-protocols': protocols = [] }]) =>
      protocols.map(protocol => `${protocol} ${action} ${title}`),
    )
    assert.deepEqual([...new Set(places)], places)
  })
})
