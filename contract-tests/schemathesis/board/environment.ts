import { openBoard } from '../../board/board.ts'
import type { TestServer } from '../../support/testServer.ts'

/** Who Schemathesis is on the board, with a session to spare that it may end, and what there is to be found. */
export async function environment(server: TestServer): Promise<Record<string, string>> {
  const { token } = server.credentials.board
  const board = await openBoard(server)
  const logIn = async () => (await server.call('POST', '/api/auth/login', { body: { token } })).body.sessionId as string
  const identity = await board.station({ identity: 'CP-001' })
  for (const type of ['CALL', 'CALLRESULT', 'CALLERROR']) await board.message({ identity, type })
  return {
    BOARD_SESSION: await logIn(),
    SPARE_SESSION: await logIn(),
    BOARD_TOKEN: token,
    KNOWN_IDENTITY: identity,
    REMOVED_IDENTITY: await board.station(),
  }
}
