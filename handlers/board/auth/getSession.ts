import type { Handlers } from '../../../generated/board/index.ts'
import { presentedSession } from '../../../src/auth/boardSession.ts'
import * as boardSessions from '../../../src/store/boardSessions.ts'

export const getSession: Handlers['getSession'] = async ({ db, headers }) => {
  const presented = presentedSession(headers)
  const session = presented && (await boardSessions.find(db, presented.hash))
  const body =
    session === undefined
      ? { authenticated: false }
      : {
          authenticated: true,
          user: { name: session.userName },
          expiresAt: new Date(session.expiresAt).toISOString(),
        }
  return { status: 200, body, headers: { 'Cache-Control': 'no-store' } }
}
