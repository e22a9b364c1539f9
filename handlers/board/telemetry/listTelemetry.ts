import type { Handlers } from '../../../generated/board/index.ts'
import { TELEMETRY_COLUMNS } from '../../../src/board/columns.ts'
import { toTelemetryPoint } from '../../../src/board/numbers.ts'
import { listReply } from '../../../src/contracts/board/lists.ts'
import { exportReply, exportType, VARY } from '../../../src/http/export.ts'
import { listSteps, stepPages } from '../../../src/store/boardNumbers.ts'

export const listTelemetry: Handlers['listTelemetry'] = async ({ db, caller, query, headers }) => {
  const type = exportType(headers.accept)
  return type === undefined
    ? listReply(await listSteps(db, caller.tenantId, query), toTelemetryPoint, VARY)
    : exportReply(type, stepPages(db, caller.tenantId, query), toTelemetryPoint, TELEMETRY_COLUMNS)
}
