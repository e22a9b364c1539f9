import type { Handlers } from '../../../generated/board/index.ts'
import { logIn } from '../../../src/auth/boardLogin.ts'
import { sessionCookie } from '../../../src/auth/boardSession.ts'
import { LIFETIME_SECONDS } from '../../../src/store/boardSessions.ts'

export const createSession: Handlers['createSession'] = async call => {
  const { body, address, headers, config } = call
  const { sessionId, userName, expiresAt } = await logIn(call, body, address)
  return {
    status: 200,
    body: { sessionId, user: { name: userName }, expiresAt: expiresAt.toISOString() },
    headers: {
      'Cache-Control': 'no-store',
      'Set-Cookie': sessionCookie(sessionId, LIFETIME_SECONDS, headers, config),
    },
  }
}
