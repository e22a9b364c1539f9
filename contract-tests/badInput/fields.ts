import fs from 'node:fs'
import path from 'node:path'

/** A part of a JSON Schema, after its references were followed. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  enum?: unknown[]
  minimum?: number
  maximum?: number
  maxLength?: number
  properties?: Record<string, Schema>
  items?: Schema
  allOf?: Schema[]
  oneOf?: Schema[]
  anyOf?: Schema[]
}

/** One field of a request: where it stands in the body (`['time_slots', 0, 'start']`) or what the query calls it. */
export interface Field {
  place: (string | number)[]
  schema: Schema
}

interface Operation {
  operationId: string
  'x-status'?: string
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: Schema; examples?: Record<string, { value: unknown }> }> }
}

interface Parameter {
  $ref?: string
  name: string
  in: string
  schema: Schema
}

export interface Requests {
  operationId: string
  /** An example in which every field of `fields` stands. */
  bodies: { example: unknown; fields: Field[] }[]
  query: Field[]
}

/** What can be sent to each implemented operation of a contract, field by field, read from its bundle. */
export function requestsOf(contract: string): Requests[] {
  const file = path.join(import.meta.dirname, '../../generated', contract, 'openapi.json')
  const document = JSON.parse(fs.readFileSync(file, 'utf8'))
  const resolve = <Part extends { $ref?: string }>(part: Part): Part =>
    part.$ref === undefined
      ? part
      : resolve(
          part.$ref
            .slice(2)
            .split('/')
            .reduce((place, name) => place[name], document) as Part,
        )

  /** The fields that the value really has, each with its schema. */
  function* fieldsOf(value: unknown, given: Schema, place: Field['place'] = []): Generator<Field> {
    const schema = resolve(given)
    for (const part of schema.allOf ?? []) yield* fieldsOf(value, part, place)
    if (Array.isArray(value)) {
      if (schema.items !== undefined && value.length > 0) yield* fieldsOf(value[0], schema.items, [...place, 0])
    } else if (value !== null && typeof value === 'object') {
      for (const [name, property] of Object.entries(schema.properties ?? {}))
        if (name in value) yield* fieldsOf((value as Record<string, unknown>)[name], property, [...place, name])
    }
    if (place.length > 0 && (schema.type !== undefined || schema.enum !== undefined)) yield { place, schema }
  }

  const items: Record<string, Operation>[] = Object.values(document.paths)
  const operations = items.flatMap(item => Object.values(item))
  return operations
    .filter(operation => operation.operationId !== undefined && operation['x-status'] !== 'not-implemented')
    .map(({ operationId, parameters = [], requestBody }): Requests => {
      const { schema, examples = {} } = requestBody?.content['application/json'] ?? { schema: {} }
      const queries = parameters.map(resolve).filter(parameter => parameter.in === 'query')
      const seen = new Set<string>()
      const isNew = ({ place }: Field) => !seen.has(place.join('.')) && seen.add(place.join('.'))
      return {
        operationId,
        bodies: Object.values(examples).map(({ value }) => ({
          example: value,
          fields: [...fieldsOf(value, schema)].filter(isNew),
        })),
        query: queries.map(parameter => ({ place: [parameter.name], schema: resolve(parameter.schema) })),
      }
    })
}

/** The example as JSON text with another value, given as JSON text, in one place. */
export function withValue(example: unknown, place: Field['place'], json: string): string {
  const copy = structuredClone(example) as Record<string | number, unknown>
  const parent = place.slice(0, -1).reduce((value, name) => value[name] as Record<string, unknown>, copy)
  parent[place.at(-1)!] = '@@'
  return JSON.stringify(copy).replace('"@@"', () => json)
}

const types = ({ type = [] }: Schema) => [type].flat()
const text = (value: string) => JSON.stringify(value)

/** Texts that are no instant of the contract: dates that no calendar has, no offset, leap seconds, other notations. */
export const BAD_INSTANTS = [
  '2026-02-30T12:00:00Z',
  '2026-04-31T12:00:00Z',
  '2027-02-29T12:00:00Z',
  '1900-02-29T12:00:00Z',
  '2026-13-01T12:00:00Z',
  '2026-00-10T12:00:00Z',
  '2026-05-00T12:00:00Z',
  '2026-05-10T12:00:00',
  '2026-05-10T12:00Z',
  '2026-05-10T24:00:00Z',
  '2026-05-10T12:60:00Z',
  '2026-05-10T12:00:60Z',
  '2016-12-31T23:59:60Z',
  '2026-05-10T12:00:00+24:00',
  '2026-05-10T12:00:00+0100',
  '2026-05-10T12:00:00 Europe/London',
  '2026-05-10 12:00:00Z',
  '2026-05-10t12:00:00z',
  '2026-05-10',
  '0000-01-01T00:00:00Z',
  '-0001-01-01T00:00:00Z',
  '10000-01-01T00:00:00Z',
  '+010000-01-01T00:00:00Z',
  '9999-12-31T23:59:59-01:00',
  '1747000000',
  '20260510T120000Z',
  '2026-W19-7T12:00:00Z',
  '10 May 2026 12:00:00 GMT',
  'now',
  'infinity',
  '-infinity',
  'epoch',
  'Invalid Date',
  ' 2026-05-10T12:00:00Z',
  '2026-05-10T12:00:00Z\n',
  '２０２６-05-10T12:00:00Z',
]

/** JSON texts that are wrong for a field of the schema, whatever else it says. */
export function wrongValues(schema: Schema): string[] {
  const allowed = types(schema)
  const wrong: string[] = []
  const unless = (names: string[], ...values: string[]) => {
    if (!names.some(name => allowed.includes(name))) wrong.push(...values)
  }
  if (schema.enum !== undefined) wrong.push('"nonsense"', '"__proto__"', '"constructor"', '"toString"')
  if (allowed.length === 0) return wrong
  unless(['null'], 'null')
  unless(['boolean'], 'true', 'false')
  unless(['array'], '[]', '[1]')
  unless(['object'], '{}', '{"a": 1}', '{"$gt": ""}')
  unless(['number', 'integer'], '0', '1.5', '-1', '1e308')
  unless(['string'], '"x"', '""', '"1"', '"NaN"', '"Infinity"', '"1e5"', '"0x10"')
  if (allowed.includes('string')) {
    wrong.push(text('x'.repeat(Math.max(schema.maxLength ?? 0, 100_000) + 1)), '"a\\u0000b"', '"\\ud800"', '"\\udc00x"')
    if (schema.format === 'date-time') wrong.push(...BAD_INSTANTS.map(text))
    if (schema.format === 'timezone')
      wrong.push(...['Mars/Olympus', 'BST', '+01:00', '../etc/passwd', 'Europe/London\n', ''].map(text))
  }
  if (allowed.includes('number') || allowed.includes('integer')) {
    wrong.push('1e400', '-1e400', 'NaN', 'Infinity', '-Infinity', '01', '+1', '1.', '.5', '0x10', '1_000', '1e')
    wrong.push('1e308', '-1e308', '1e21', '123456789012345678901234567890')
    if (schema.maximum !== undefined) wrong.push(String(schema.maximum + 1))
    if (schema.minimum !== undefined) wrong.push(String(schema.minimum - 1))
    if (!allowed.includes('number')) wrong.push('1.5', '1e-7')
  }
  return wrong
}

/** Texts that are wrong for a query parameter of the schema. */
export function wrongTexts(schema: Schema): string[] {
  const allowed = types(schema)
  const wrong = ['a\0b', 'x'.repeat(50_000)]
  if (schema.enum !== undefined) wrong.push('nonsense', '', '__proto__')
  if (schema.format === 'date-time') wrong.push(...BAD_INSTANTS, '')
  if (schema.format === 'timezone') wrong.push('Mars/Olympus', 'BST', "UTC'; select 1", '')
  if (allowed.includes('integer'))
    wrong.push('x', '1.5', '', 'NaN', 'Infinity', '1e400', '-1e400', '-1', '99999999999999999999', '1,2', 'null')
  return wrong
}
