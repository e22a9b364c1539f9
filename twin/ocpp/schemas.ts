import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { OCPP16, OCPP20 } from 'typed-ocpp'

export type Protocol = 'ocpp1.6' | 'ocpp2.0.1'

const SCHEMAS: Record<Protocol, Record<string, object>> = { 'ocpp1.6': OCPP16.schemas, 'ocpp2.0.1': OCPP20.schemas }

const ajv = new Ajv({ strict: false, multipleOfPrecision: 6 })
addFormats.default(ajv)

const compiled = new Map<string, ValidateFunction>()

/** What is wrong with a payload, by the published schema of its action; undefined when nothing is. */
export function faultOf(
  protocol: Protocol,
  action: string,
  kind: 'Request' | 'Response',
  payload: unknown,
): string | undefined {
  const name = `${action}${kind}`
  const schema = SCHEMAS[protocol][name]
  if (schema === undefined) return `${protocol} has no action ${action}`
  const key = `${protocol} ${name}`
  let validate = compiled.get(key)
  if (validate === undefined) {
    // Ajv cannot resolve names such as urn:Authorize.req, and nothing refers to them.
    const { $id, id, $schema, ...adapted } = structuredClone(schema) as Record<string, unknown>
    validate = ajv.compile(adapted)
    compiled.set(key, validate)
  }
  return validate(payload) ? undefined : ajv.errorsText(validate.errors, { dataVar: action })
}
