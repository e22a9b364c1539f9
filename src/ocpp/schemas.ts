import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { OCPP16, OCPP20, OCPP21 } from 'typed-ocpp'
import type { ErrorCode, Protocol } from './action.ts'
import type { Breach } from './rpc/engine.ts'

/**
 * The schemas of each version, from the package typed-ocpp; they are the Open Charge Alliance's. They are adapted in
 * memory and compiled when an action is first met: names that Ajv cannot resolve are taken out, and one decimal is held
 * against `multipleOf: 0.1` as a person would, because 8.1 is no multiple of it in binary.
 */
const SCHEMAS: Record<Protocol, Record<string, object>> = {
  'ocpp1.6': OCPP16.schemas,
  'ocpp2.0.1': OCPP20.schemas,
  'ocpp2.1': OCPP21.schemas,
}

type Kind = 'request' | 'response'

const ajv = new Ajv({ strict: false, multipleOfPrecision: 6 })
addFormats.default(ajv)

const compiled = new Map<string, ValidateFunction | undefined>()

/** Whether a version has the action, whichever side sends it. */
export const isKnown = (protocol: Protocol, action: string): boolean =>
  schemaOf(protocol, action, 'request') !== undefined

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
  const key = `${protocol} ${kind} ${action}`
  let validate = compiled.get(key)
  if (validate !== undefined) return validate
  const schema = schemaOf(protocol, action, kind)
  if (schema === undefined) return undefined
  validate = ajv.compile(adapt(schema))
  compiled.set(key, validate)
  return validate
}

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
  return { ...adapted, additionalProperties: false }
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
