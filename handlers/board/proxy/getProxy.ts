import type { Handlers } from '../../../generated/board/index.ts'
import { toProxy } from '../../../src/board/items.ts'
import { unknownPath } from '../../../src/contracts/board/errors.ts'
import * as proxies from '../../../src/store/proxies.ts'

export const getProxy: Handlers['getProxy'] = async ({ db, caller, path }) => {
  const proxy = await proxies.findOfTenant(db, caller.tenantId, path.identity)
  if (proxy === undefined) throw unknownPath()
  return { status: 200, body: toProxy(proxy) }
}
