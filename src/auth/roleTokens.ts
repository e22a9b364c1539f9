import { hash } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'
import { ApiError } from '../errors.ts'
import type { RoleCaller } from './caller.ts'

/** The database roles that a token may act as, from the least to the most that they may do. */
export const ROLES = ['anon', 'authenticated', 'service_role'] as const
export type Role = (typeof ROLES)[number]

const KEPT = 10_000
/** How far two clocks may differ, in seconds. */
const SKEW = 30

/**
 * Callers by JWT (HS256, claims `role` and optionally `exp`): every API key is such a token. What was verified once is
 * kept, since checking a signature costs more than the rest of a small request.
 */
export class RoleTokens {
  readonly #secret: Uint8Array
  readonly #roles: ReadonlyMap<string, Role>
  readonly #callers = new Map<string, RoleCaller>()

  /**
   * @param secret signs the tokens, as UTF-8 text
   * @param aliases roles of other names, and which of ours they act as
   */
  constructor(secret: string, aliases: ReadonlyMap<string, Role>) {
    this.#secret = new TextEncoder().encode(secret)
    this.#roles = new Map([...aliases, ...ROLES.map(role => [role, role] as const)])
  }

  /** Who holds the token. @throws unauthorized when it is not ours, has expired, or names no role that we know */
  async identify(token: string): Promise<RoleCaller> {
    const key = hash('sha256', token, 'base64url')
    const caller = this.#callers.get(key) ?? (await this.#verify(token, key))
    if (caller.expiresAt <= Date.now()) throw expired()
    return caller
  }

  async #verify(token: string, key: string): Promise<RoleCaller> {
    const { payload } = await jwtVerify(token, this.#secret, { algorithms: ['HS256'], clockTolerance: SKEW }).catch(
      error => {
        throw error instanceof errors.JWTExpired ? expired() : invalid(wordsFor(error))
      },
    )
    const role = this.#roles.get(String(payload.role ?? 'anon'))
    if (role === undefined) throw invalid(`role "${payload.role}" does not exist`)
    const expiresAt = payload.exp === undefined ? Number.POSITIVE_INFINITY : (payload.exp + SKEW) * 1000
    const caller: RoleCaller = { kind: 'role', role, key, expiresAt }
    if (this.#callers.size >= KEPT) this.#callers.clear()
    this.#callers.set(key, caller)
    return caller
  }
}

/** A token that does not expire, as an API key is. */
export const signRoleToken = (secret: string, role: Role): Promise<string> =>
  new SignJWT({ role, iss: 'voltspec' })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt()
    .sign(new TextEncoder().encode(secret))

const expired = () => new ApiError('unauthorized', 'JWT expired', { reason: 'expired' })
const invalid = (message: string) => new ApiError('unauthorized', message)

/** What PostgREST says of a token that it refuses. */
function wordsFor(error: unknown): string {
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'JWSError JWSInvalidSignature'
  if (error instanceof errors.JWTClaimValidationFailed) return `JWT ${error.claim} claim is not valid`
  return 'JWSError (CompactDecodeError Invalid number of parts: expected 3 base64url parts)'
}
