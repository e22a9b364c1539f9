import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { ValidateFunction } from 'ajv'
import { type AsyncApiDocument, listMessages } from '../../tools/generate/documents.ts'

const generated = join(import.meta.dirname, '..', '..', 'generated')
const bundles = readdirSync(generated, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('asyncapi.json') && !path.startsWith('released'))
  .sort()

for (const bundle of bundles) {
  describe(`examples of ${bundle}`, async () => {
    const document: AsyncApiDocument = JSON.parse(await readFile(join(generated, bundle), 'utf8'))
    const { events }: { events: Record<string, ValidateFunction> } = await import(
      join(generated, bundle, '..', 'validators.js')
    )

    for (const [name, message] of listMessages(document)) {
      test(`${name} has examples, and each is a valid ${name}`, () => {
        assert.ok(message.examples?.length, 'there is no example')
        const validate = events[name]
        for (const example of message.examples) {
          assert.ok(validate?.(example.payload), `${example.name}: ${JSON.stringify(validate?.errors)}`)
        }
      })
    }
  })
}
