import type { Handlers } from '../../../generated/board/index.ts'
import { toProxy } from '../../../src/board/items.ts'
import { unknownConnection } from '../../../src/contracts/board/errors.ts'
import { invalid } from '../../../src/errors.ts'
import { refusalOf } from '../../../src/ocpp/proxy/allowedHosts.ts'
import * as proxies from '../../../src/store/proxies.ts'

export const setProxy: Handlers['setProxy'] = async ({ db, config, caller, path, body }) => {
  const refusal = refusalOf(body.upstreamUrl, config.ocpp.proxyAllowedHosts)
  if (refusal !== undefined) throw invalid('upstreamUrl', `upstreamUrl ${refusal}`)
  const { password = null, enabled = true } = body
  const proxy = await proxies.put(db, { ...body, ...path, tenantId: caller.tenantId, password, enabled })
  if (proxy === undefined) throw unknownConnection()
  return { status: 200, body: toProxy(proxy) }
}
