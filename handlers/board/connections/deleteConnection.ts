import type { Handlers } from '../../../generated/board/index.ts'
import { removeHistory } from '../../../src/board/removeHistory.ts'
import { unknownConnection } from '../../../src/contracts/board/errors.ts'

export const deleteConnection: Handlers['deleteConnection'] = async ({ db, caller, path }) => {
  if (!(await removeHistory(db, caller, path.identity))) throw unknownConnection()
  return { status: 200, body: { success: true } }
}
