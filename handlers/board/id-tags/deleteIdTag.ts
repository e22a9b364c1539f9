import type { Handlers } from '../../../generated/board/index.ts'
import { unknownPath } from '../../../src/contracts/board/errors.ts'
import * as idTags from '../../../src/store/idTags.ts'

export const deleteIdTag: Handlers['deleteIdTag'] = async ({ db, caller, path }) => {
  if (!(await idTags.remove(db, caller.tenantId, path.idTag))) throw unknownPath()
  return { status: 200, body: { success: true } }
}
