import type { Handlers } from '../../../generated/ocpp/index.ts'

export const notifyPriorityCharging: Handlers['v21']['notifyPriorityCharging'] = async () => ({})
