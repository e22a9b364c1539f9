import { verify } from '@node-rs/argon2'
import { ApiError } from '../errors.ts'
import type { Services } from '../services.ts'
import * as boardSessions from '../store/boardSessions.ts'
import * as boardTokens from '../store/boardTokens.ts'
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
 * Begins a session. A login that fails is a security event of the enrollment tenant. Those that are not even tried,
 * because there were too many, are one now and then.
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

async function note(services: Services, { kind }: ApiError, { token }: Login, address: string): Promise<void> {
  if (kind === 'tooMany') await noteRefusal(services, address)
  if (kind !== 'unauthorized') return
  const tenantId = await concerned(services, address)
  if (tenantId === undefined) return
  const message = token === undefined ? 'Invalid username or password provided' : 'Invalid token provided'
  await services.security.addFailedLogin({ tenantId, identity: NOBODY, address, message })
}

/** Whether it is told is found out first: a flood does not reach the database. */
async function noteRefusal(services: Services, ip: string): Promise<void> {
  const category = 'RATE_LIMIT'
  const more = services.security.due(category, ip, NOBODY)
  const tenantId = more === undefined ? undefined : await concerned(services, ip)
  if (tenantId === undefined) return
  const details = { ip, ...(more ? { more } : {}) }
  const message = 'Too many wrong logins'
  await services.security.add({ tenantId, category, identity: NOBODY, message, severity: 'high', details })
}

async function concerned({ db, config, log }: Services, ip: string): Promise<string | undefined> {
  const tenantId = await tenants.findBySlug(db, config.enrollmentTenant)
  if (tenantId === undefined) log.warn({ ip }, 'a login to the board failed, and there is no tenant to tell')
  return tenantId
}
