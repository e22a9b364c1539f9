import type { Handlers } from '../../../generated/board/index.ts'
import { toTelemetryPoint } from '../../../src/board/numbers.ts'
import { listReply } from '../../../src/contracts/board/lists.ts'
import { listSteps } from '../../../src/store/boardNumbers.ts'

export const listTelemetry: Handlers['listTelemetry'] = async ({ db, caller, query }) =>
  listReply(await listSteps(db, caller.tenantId, query), toTelemetryPoint)
