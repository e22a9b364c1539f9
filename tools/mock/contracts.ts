import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { OpenApiDocument } from '../generate/documents.ts'

const GENERATED = fileURLToPath(new URL('../../generated/', import.meta.url))

/** A contract as it can be mocked: a name for its prefix, and its bundle. */
export interface MockedContract {
  name: string
  document: OpenApiDocument
}

/** Every contract whose OpenAPI bundle lies in generated/, by name: a new one joins by being generated. */
export function findContracts(): MockedContract[] {
  return fs
    .readdirSync(GENERATED, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => ({ name, file: path.join(GENERATED, name, 'openapi.json') }))
    .filter(({ file }) => fs.existsSync(file))
    .map(({ name, file }) => ({ name, document: JSON.parse(fs.readFileSync(file, 'utf8')) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}
