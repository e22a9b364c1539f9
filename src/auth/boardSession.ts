import type { Config } from '../config.ts'
import { baseUrl } from '../http/baseUrl.ts'
import { hashSecret } from './secrets.ts'

const COOKIE = 'board-session'

/** A session as it goes along with a request, by what of it is stored. */
export interface PresentedSession {
  hash: Buffer
  /** A browser may have added it by itself. */
  isCookie: boolean
}

interface Headers {
  authorization?: string | undefined
  cookie?: string | undefined
}

/** The session of `Authorization: Bearer <sessionId>`, else of the cookie. */
export function presentedSession({ authorization, cookie }: Headers): PresentedSession | undefined {
  const bearer = /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization ?? '')?.[1]
  if (bearer !== undefined) return { hash: hashSecret(bearer), isCookie: false }
  const value = new RegExp(`(?:^|; *)${COOKIE}=([^;]+)`).exec(cookie ?? '')?.[1]
  return value === undefined ? undefined : { hash: hashSecret(value), isCookie: true }
}

/** The header Set-Cookie for a session; with an empty id it takes the cookie back. */
export function sessionCookie(
  sessionId: string,
  seconds: number,
  headers: Record<string, string | undefined>,
  config: Config,
): string {
  const isSecure = config.tls !== undefined || baseUrl(headers, config).startsWith('https:')
  const cookie = `${COOKIE}=${sessionId}; Max-Age=${seconds}; Path=/api; HttpOnly; SameSite=Lax`
  return isSecure ? `${cookie}; Secure` : cookie
}
