import type { Handlers } from '../../../generated/tellus/index.ts'
import { notImplemented } from '../../../src/contracts/tellus/envelope.ts'

export const listHealthScores: Handlers['listHealthScores'] = notImplemented
