import type { Handlers } from '../../../generated/tellus/index.ts'
import { toDeviceEvent } from '../../../src/charger/deviceEvent.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as deviceEvents from '../../../src/store/deviceEvents.ts'

export const reportDeviceEvent: Handlers['reportDeviceEvent'] = async ({ db, caller, body }) => {
  await deviceEvents.store(db, toDeviceEvent(caller, body))
  return success(null)
}
