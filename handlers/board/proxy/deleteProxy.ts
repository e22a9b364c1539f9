import type { Handlers } from '../../../generated/board/index.ts'
import { unknownPath } from '../../../src/contracts/board/errors.ts'
import * as proxies from '../../../src/store/proxies.ts'

export const deleteProxy: Handlers['deleteProxy'] = async ({ db, caller, path }) => {
  if (!(await proxies.remove(db, caller.tenantId, path.identity))) throw unknownPath()
  return { status: 200, body: { success: true } }
}
