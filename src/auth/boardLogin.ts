import { verify } from '@node-rs/argon2'
import { ApiError } from '../errors.ts'
import { severityOf } from '../ocpp/failedLogins.ts'
import type { Services } from '../services.ts'
import * as boardSessions from '../store/boardSessions.ts'
import * as boardTokens from '../store/boardTokens.ts'
import * as securityEvents from '../store/securityEvents.ts'
import * as tenants from '../store/tenants.ts'
import { hashSecret, newSecret, provesSecret } from './secrets.ts'

/** A token, or a name with its password. */
export interface Login {
  token?: string
  username?: string
  password?: string
}

/** Whose board it is, and who looks at it. */
export interface BoardUser {
  tenantId: string
  userName: string
}

/** Failed logins have no station to name. */
const NOBODY = 'UNKNOWN'
/** Whoever shows the token of the configuration has no name of their own. */
const TOKEN_USER = 'admin'

/**
 * Begins a session. A login that fails is a security event of the enrollment tenant, and so is the first one that is
 * not even tried because there were too many.
 *
 * @throws unauthorized for a wrong login, tooMany after too many from the address
 */
export async function logIn(services: Services, login: Login, address: string) {
  const { db, guesses } = services
  try {
    const user = await guesses.attempt([`board ${address}`], () => identify(services, login))
    const sessionId = newSecret()
    const expiresAt = await boardSessions.begin(db, hashSecret(sessionId), user)
    return { sessionId, userName: user.userName, expiresAt }
  } catch (error) {
    if (error instanceof ApiError) await note(services, error, login, address)
    throw error
  }
}

async function identify({ db, config }: Services, { token, username, password }: Login): Promise<BoardUser> {
  const user =
    token === undefined
      ? await provesPassword(config.board.user, username ?? '', password ?? '')
      : ((await boardTokens.find(db, hashSecret(token))) ?? provesToken(config.board.token, token))
  if (user === undefined) throw new ApiError('unauthorized', 'the login is wrong')
  if (typeof user === 'object') return user
  const tenantId = await tenants.findBySlug(db, config.enrollmentTenant)
  if (tenantId === undefined) throw new ApiError('unauthorized', 'there is no tenant for this login')
  return { tenantId, userName: user }
}

const provesToken = (known: string | undefined, token: string) =>
  known !== undefined && provesSecret(token, hashSecret(known)) ? TOKEN_USER : undefined

/** The hash is worked out for a wrong name too, so that its time tells nothing. */
async function provesPassword(
  known: { name: string; passwordHash: string } | undefined,
  name: string,
  password: string,
): Promise<string | undefined> {
  if (known === undefined) return undefined
  const isRight = await verify(known.passwordHash, password)
  return provesSecret(name, hashSecret(known.name)) && isRight ? known.name : undefined
}

async function note(
  { db, config, failedLogins, log }: Services,
  { kind }: ApiError,
  { token }: Login,
  ip: string,
): Promise<void> {
  if (kind !== 'unauthorized' && kind !== 'tooMany') return
  const isRefused = kind === 'tooMany'
  const attempt = failedLogins.count(isRefused ? `refused ${NOBODY}` : NOBODY, ip)
  if (isRefused && attempt > 1) return
  const tenantId = await tenants.findBySlug(db, config.enrollmentTenant)
  if (tenantId === undefined) {
    log.warn({ ip, attempt }, 'a login to the board failed, and there is no tenant to tell')
    return
  }
  await securityEvents.add(db, {
    tenantId,
    category: isRefused ? 'RATE_LIMIT' : 'AUTH_FAILED',
    identity: NOBODY,
    message: isRefused
      ? 'Too many wrong logins'
      : token === undefined
        ? 'Invalid username or password provided'
        : 'Invalid token provided',
    severity: isRefused ? 'high' : severityOf(attempt),
    details: { ip, attempt },
  })
}
