import type { Handlers } from '../../../generated/tellus/index.ts'
import { notImplemented } from '../../../src/contracts/tellus/envelope.ts'

export const notifyStationStatus: Handlers['notifyStationStatus'] = notImplemented
