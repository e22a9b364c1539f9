import type { Role } from './roleTokens.ts'

/** Who calls, per security scheme of the contracts. */
export interface Callers {
  deviceToken: DeviceCaller
  operatorToken: OperatorCaller
  apikey: RoleCaller
  bearer: RoleCaller
  sessionCookie: BoardCaller
  sessionBearer: BoardCaller
  enrollment: EnrollmentCaller
  anonymous: AnonymousCaller
}

/** A charger with its own token. */
export interface DeviceCaller {
  kind: 'device'
  tenantId: string
  deviceId: string
  expiresAt: number
}

/** A client of one tenant: a console or an operator's program. */
export interface ClientCaller {
  kind: 'client'
  tenantId: string
  clientId: string
  scopes: ReadonlySet<string>
  expiresAt: number
}

/** A program of one tenant with an account of its own, whose every action is on record. */
export interface ServiceAccountCaller {
  kind: 'serviceAccount'
  tenantId: string
  serviceAccountId: string
  scopes: ReadonlySet<string>
  expiresAt: number
}

/** Who may call the console's operations, as far as its scopes go. */
export type OperatorCaller = ClientCaller | ServiceAccountCaller

/** Whoever holds a JWT of a database role. */
export interface RoleCaller {
  kind: 'role'
  role: Role
  /** SHA-256 of the token, which is who it is counted as. */
  key: string
  expiresAt: number
}

/** Whoever has logged in to the board of a tenant. */
export interface BoardCaller {
  kind: 'board'
  tenantId: string
  userName: string
  /** SHA-256 of the session's id. */
  sessionHash: Buffer
  expiresAt: number
}

/** A charger that introduces itself while enrollment is open; it joins the enrollment tenant. */
export interface EnrollmentCaller {
  kind: 'enrollment'
  tenantId: string
}

/** Nobody in particular, on an operation that needs no credential. */
export interface AnonymousCaller {
  kind: 'anonymous'
}

export type Caller = Callers[keyof Callers]

export const isOperator = (caller: Caller): caller is OperatorCaller =>
  caller.kind === 'client' || caller.kind === 'serviceAccount'

/** Whose writes stand in the audit log: people and their programs, but no chargers. */
export const isAudited = (caller: Caller): caller is OperatorCaller | BoardCaller =>
  isOperator(caller) || caller.kind === 'board'

/**
 * A short name for logs and audit: `device:<id>`, `client:<id>`, `service_account:<id>`, `role:<name>:<key>`,
 * `board:<user>`, `enrollment` or `anonymous`.
 */
export function callerName(caller: Caller): string {
  if (caller.kind === 'device') return `device:${caller.deviceId}`
  if (caller.kind === 'client') return `client:${caller.clientId}`
  if (caller.kind === 'serviceAccount') return serviceAccountName(caller.serviceAccountId)
  if (caller.kind === 'role') return `role:${caller.role}:${caller.key.slice(0, 8)}`
  if (caller.kind === 'board') return `board:${caller.userName}`
  return caller.kind
}

export const serviceAccountName = (serviceAccountId: string): string => `service_account:${serviceAccountId}`
