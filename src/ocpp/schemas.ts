import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import * as schemas16 from 'typed-ocpp/dist/ocpp16/schemas.js'
import * as schemas20 from 'typed-ocpp/dist/ocpp20/schemas.js'
import * as schemas21 from 'typed-ocpp/dist/ocpp21/schemas.js'
import type { ErrorCode, Protocol } from './action.ts'
import type { Breach } from './rpc/effects.ts'

/**
 * The schemas of each version, from the package typed-ocpp; they are the Open Charge Alliance's. They are adapted in
 * memory and compiled when an action is first met: names that Ajv cannot resolve are taken out, and one decimal is held
 * against `multipleOf: 0.1` as a person would, because 8.1 is no multiple of it in binary. Integers get the range that the
 * text of OCPP gives them and its schemas leave out. The package's own entry would compile all of them at once, which
 * takes longer than everything else at the start of a server.
 */
const SCHEMAS: Record<Protocol, Record<string, object>> = {
  'ocpp1.6': schemas16,
  'ocpp2.0.1': schemas20,
  'ocpp2.1': schemas21,
}

type Kind = 'request' | 'response'

const ajv = new Ajv({ strict: false, multipleOfPrecision: 6 })
addFormats.default(ajv)

const empty = () => ({ request: new Map<string, ValidateFunction>(), response: new Map<string, ValidateFunction>() })
const compiled: Record<Protocol, Record<Kind, Map<string, ValidateFunction>>> = {
  'ocpp1.6': empty(),
  'ocpp2.0.1': empty(),
  'ocpp2.1': empty(),
}

/** Whether a version has the action, whichever side sends it. */
export const isKnown = (protocol: Protocol, action: string): boolean =>
  compiled[protocol].request.has(action) || schemaOf(protocol, action, 'request') !== undefined

/** The actions of a version, in alphabetical order. */
export const actionsOf = (protocol: Protocol): string[] =>
  Object.keys(SCHEMAS[protocol])
    .filter(name => !name.endsWith('Response'))
    .map(name => name.replace(/Request$/, ''))
    .sort()

/**
 * Holds a payload against the schema of its action.
 *
 * @returns undefined when it is as it should be; otherwise the error code that OCPP has for what is wrong first
 */
export function check(protocol: Protocol, action: string, kind: Kind, payload: unknown): Breach | undefined {
  const validate = validatorOf(protocol, action, kind)
  if (validate === undefined)
    return { code: 'NotImplemented', description: `${protocol} has no action ${action.slice(0, 64)}` }
  return validate(payload) ? undefined : breachOf(validate.errors![0]!)
}

function validatorOf(protocol: Protocol, action: string, kind: Kind): ValidateFunction | undefined {
  const known = compiled[protocol][kind]
  let validate = known.get(action)
  if (validate !== undefined) return validate
  const schema = schemaOf(protocol, action, kind)
  if (schema === undefined) return undefined
  validate = ajv.compile(adapt(schema))
  known.set(action, validate)
  return validate
}

/** The schema of a request as the package has it; undefined for an action that the version does not have. */
export const requestSchema = (protocol: Protocol, action: string): object | undefined =>
  schemaOf(protocol, action, 'request')

function schemaOf(protocol: Protocol, action: string, kind: Kind): object | undefined {
  const schemas = SCHEMAS[protocol]
  const name = `${action}${kind === 'request' ? 'Request' : 'Response'}`
  if (Object.hasOwn(schemas, name)) return schemas[name]
  // What is sent without an answer (NotifyPeriodicEventStream) has no suffix there.
  const isBare = kind === 'request' && !/Re(quest|sponse)$/.test(action)
  return isBare && Object.hasOwn(schemas, action) ? schemas[action] : undefined
}

function adapt(schema: object): object {
  const { $id, id, $schema, ...adapted } = structuredClone(schema) as Record<string, unknown>
  boundIntegers(adapted)
  return { ...adapted, additionalProperties: false }
}

/** Registers of OCPP 1.6 may have counted further, and an id that is not ours is kept as it is. */
const WIDE = new Set(['meterStart', 'meterStop', 'transactionId'])

/** The least and greatest integer that a member may be: 32 bits with a sign, as OCPP defines its integers. */
export const rangeOf = (member: string): [least: number, greatest: number] =>
  WIDE.has(member) ? [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] : [-(2 ** 31), 2 ** 31 - 1]

function boundIntegers(schema: unknown, member = ''): void {
  if (typeof schema !== 'object' || schema === null) return
  for (const [name, part] of Object.entries(schema)) boundIntegers(part, name)
  if (!('type' in schema) || schema.type !== 'integer') return
  const [minimum, maximum] = rangeOf(member)
  Object.assign(schema, { minimum, maximum, ...schema })
}

const CODES: Record<string, ErrorCode> = {
  required: 'OccurrenceConstraintViolation',
  minItems: 'OccurrenceConstraintViolation',
  maxItems: 'OccurrenceConstraintViolation',
  type: 'TypeConstraintViolation',
  additionalProperties: 'FormatViolation',
}

function breachOf({ keyword, instancePath, message, params }: ErrorObject): Breach {
  if (keyword === 'type' && instancePath === '')
    return { code: 'FormatViolation', description: 'the payload is not an object' }
  const name = keyword === 'additionalProperties' ? `: ${String(params.additionalProperty).slice(0, 64)}` : ''
  return {
    code: CODES[keyword] ?? 'PropertyConstraintViolation',
    description: `${instancePath || 'the payload'} ${message}${name}`,
  }
}
