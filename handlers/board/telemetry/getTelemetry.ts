import type { Handlers } from '../../../generated/board/index.ts'
import { toTelemetry } from '../../../src/board/numbers.ts'
import { readNumbers } from '../../../src/store/boardNumbers.ts'

export const getTelemetry: Handlers['getTelemetry'] = async ({ db, caller }) => ({
  status: 200,
  body: toTelemetry(await readNumbers(db, caller.tenantId)),
})
