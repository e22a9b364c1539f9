import type { Handlers } from '../../../generated/board/index.ts'
import { sessionCookie } from '../../../src/auth/boardSession.ts'
import * as boardSessions from '../../../src/store/boardSessions.ts'

export const deleteSession: Handlers['deleteSession'] = async ({ db, caller, headers, config }) => {
  await boardSessions.end(db, caller.sessionHash)
  return {
    status: 200,
    body: { success: true },
    headers: { 'Cache-Control': 'no-store', 'Set-Cookie': sessionCookie('', 0, headers, config) },
  }
}
