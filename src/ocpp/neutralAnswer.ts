import type { Protocol } from './action.ts'
import type { Payload } from './rpc/frame.ts'

const REJECTED = { status: 'Rejected' }
const INVALID = { status: 'Invalid' }

/** What answers have to say; those of other actions may be empty. */
const ANSWERS: Record<string, Payload> = {
  DataTransfer: REJECTED,
  NotifyEVChargingNeeds: REJECTED,
  NotifyEVChargingSchedule: REJECTED,
  OpenPeriodicEventStream: REJECTED,
  PullDynamicScheduleUpdate: REJECTED,
  SignCertificate: REJECTED,
  StartTransaction: { transactionId: 0, idTagInfo: INVALID },
}

/** The answer to a message of which nothing can be used: that it came, and nothing was done. */
export function neutralAnswer(protocol: Protocol, action: string): Payload {
  if (action === 'Authorize') return protocol === 'ocpp1.6' ? { idTagInfo: INVALID } : { idTokenInfo: INVALID }
  return ANSWERS[action] ?? {}
}
