import { redactFields } from '../http/requestLog.ts'
import { isUuid } from '../store/uuid.ts'
import type { Action } from './actionUnderway.ts'

/** One row of the audit log. */
export interface AuditRecord extends Action {
  tenantId: string
  /** HTTP status of the answer. */
  status: number
  deviceId: string | null
  details: Record<string, unknown>
}

interface Asked {
  /** The path's template, such as `/v1/devices/{id}`. */
  template: string
  params: Record<string, string>
  body: unknown
}

/** The longest that is kept as it was, in characters. */
const LONGEST = 4096

/** A value as it is kept: without its secrets, and of a long one the length. */
export function kept(value: unknown): unknown {
  const shown = redactFields(value)
  const length = JSON.stringify(shown)?.length ?? 0
  return length > LONGEST ? `[${length} characters]` : shown
}

/** What was asked for, and the ids of what came of it. */
export function detailsOf({ body }: Asked, answer: unknown): Record<string, unknown> {
  return { ...(body === undefined ? {} : { request: kept(body) }), ...idsOf(answer) }
}

/** The charger that it was about: the one of the path, else of the body, else of the answer. */
export function deviceOf({ template, params, body }: Asked, answer: unknown): string | null {
  const named = template.includes('/devices/{id}')
    ? params.id
    : (params.device_id ?? membersOf(body).device_id ?? idsOf(answer).device_id)
  return typeof named === 'string' && isUuid(named) ? named : null
}

function idsOf(answer: unknown): Record<string, unknown> {
  const { data } = membersOf(answer)
  return Object.fromEntries(
    Object.entries(membersOf(data)).filter(([name, value]) => name.endsWith('_id') && typeof value === 'string'),
  )
}

const membersOf = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
