import type { Handlers } from '../../../generated/ocpp/index.ts'

export const pullDynamicScheduleUpdate: Handlers['v21']['pullDynamicScheduleUpdate'] = async () => ({
  status: 'Rejected',
  statusInfo: { reasonCode: 'UnknownProfile', additionalInfo: 'No dynamic charging profile has this id.' },
})
