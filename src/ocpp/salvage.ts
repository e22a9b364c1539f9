import type { Protocol } from './action.ts'
import type { Payload } from './rpc/frame.ts'
import { rangeOf, requestSchema } from './schemas.ts'

/** What the schemas of OCPP say of the shape of something. */
interface Shape {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  $ref?: string
  properties?: Record<string, Shape>
  required?: string[]
  items?: Shape
  minItems?: number
  maxLength?: number
  enum?: unknown[]
  additionalProperties?: boolean
}

interface Root extends Shape {
  definitions?: Record<string, Shape>
}

/** Longer texts are cut, however short the schema wants them: they are looked up by, and an index takes no more. */
const LONGEST_TEXT = 255

/**
 * What stands for a required member that is missing or of another type, where a message is worth keeping without it. A
 * time that is empty counts as the moment in which the message was received.
 */
const STAND_INS: Record<string, unknown> = {
  timestamp: '',
  generatedAt: '',
  timeBase: '',
  basetime: '',
  chargingStation: {},
  chargePointVendor: 'Unknown',
  chargePointModel: 'Unknown',
  vendorName: 'Unknown',
  model: 'Unknown',
  reason: 'Unknown',
  triggerReason: 'Unknown',
  type: 'Unknown',
  eventType: 'Updated',
  errorCode: 'NoError',
  seqNo: 0,
}

/** Required members without which a message is worth keeping, and for which nothing can stand: its handler does without. */
const DISPENSABLE = new Set(['meterStop'])

/**
 * The usable part of a payload that may break its schema, so that a handler gets members of the types that it knows. A
 * number in a text is read and one in the place of a text written, an integer with decimals is rounded, a single element
 * is a list of one; what cannot be read is left out, and an object or list with it that is nothing without it. Words,
 * lengths and members that the schema does not know stay: those are judged by nobody but the handler.
 *
 * @returns undefined where nothing is left that the action could be about
 */
export function salvage(protocol: Protocol, action: string, payload: Payload): Payload | undefined {
  const root = requestSchema(protocol, action) as Root | undefined
  return root === undefined ? payload : (usable(payload, root, '', root.definitions ?? {}) as Payload | undefined)
}

type Definitions = Record<string, Shape>

function usable(value: unknown, shape: Shape, member: string, definitions: Definitions): unknown {
  if (shape.$ref !== undefined)
    return usable(value, definitions[shape.$ref.replace('#/definitions/', '')]!, member, definitions)
  if (value === undefined || value === null) return undefined
  switch (shape.type) {
    case 'object':
      return usableObject(value, shape, definitions)
    case 'array':
      return usableList(value, shape, member, definitions)
    case 'string':
      return usableText(value, shape)
    case 'integer':
      return within(rangeOf(member), Math.round(toNumber(value)))
    case 'number':
      return within([-Number.MAX_VALUE, Number.MAX_VALUE], toNumber(value))
    case 'boolean':
      return { true: true, false: false }[String(value)]
    default:
      return value
  }
}

function usableObject(value: unknown, shape: Shape, definitions: Definitions): Payload | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { properties = {}, required = [], additionalProperties } = shape
  const given: Payload = { ...value }
  const found: Payload = {}
  for (const [name, inner] of Object.entries(properties)) {
    const standIn = required.includes(name) ? STAND_INS[name] : undefined
    const part =
      (Object.hasOwn(given, name) ? usable(given[name], inner, name, definitions) : undefined) ??
      usable(standIn, inner, name, definitions)
    if (part !== undefined) found[name] = part
    else if (required.includes(name) && !DISPENSABLE.has(name)) return undefined
  }
  return additionalProperties === false
    ? found
    : { ...Object.fromEntries(Object.entries(given).filter(([name]) => !Object.hasOwn(properties, name))), ...found }
}

function usableList(value: unknown, shape: Shape, member: string, definitions: Definitions): unknown[] | undefined {
  const { items = {}, minItems = 0 } = shape
  const list = Array.isArray(value) ? value : [value]
  const found = list.map(item => usable(item, items, member, definitions)).filter(item => item !== undefined)
  return found.length < minItems ? undefined : found
}

/** What has neither a longest length nor a list of words may be as long as it is. */
function usableText(value: unknown, { maxLength, enum: words }: Shape): string | undefined {
  if (!['string', 'number', 'boolean'].includes(typeof value)) return undefined
  const text = String(value)
  return maxLength === undefined && words === undefined ? text : text.slice(0, Math.max(LONGEST_TEXT, maxLength ?? 0))
}

function toNumber(value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
}

const within = ([least, greatest]: [number, number], number: number): number | undefined =>
  number >= least && number <= greatest ? number : undefined
