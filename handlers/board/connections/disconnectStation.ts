import type { Handlers } from '../../../generated/board/index.ts'
import { callerName } from '../../../src/auth/caller.ts'
import { unknownConnection } from '../../../src/contracts/board/errors.ts'
import { disconnect } from '../../../src/ocpp/disconnect.ts'

export const disconnectStation: Handlers['disconnectStation'] = async call => {
  const { caller, path } = call
  const { tenantId } = caller
  const isKnown = await disconnect(call, { tenantId, identity: path.identity, requestedBy: callerName(caller) })
  if (!isKnown) throw unknownConnection()
  return { status: 200, body: { success: true, message: 'Connection terminated' } }
}
