import type { OCPP20 } from 'typed-ocpp'
import type { Station } from '../station.ts'

type Message = OCPP20.SetDisplayMessageRequest['message']

/** The screen of a 2.0.1 station, and what it knows of its customers. */
export const display201 = (station: Station) => {
  const messages = new Map<number, Message>()
  const costs = new Map<string, number>()
  return {
    SetDisplayMessage({ message }: OCPP20.SetDisplayMessageRequest): OCPP20.SetDisplayMessageResponse {
      const { transactionId, message: content } = message
      if (!/^(ASCII|UTF8)$/.test(content.format)) return { status: 'NotSupportedMessageFormat' }
      if (transactionId !== undefined && !station.running.some(({ id }) => id === transactionId))
        return { status: 'UnknownTransaction' }
      messages.set(message.id, message)
      return { status: 'Accepted' }
    },
    GetDisplayMessages(request: OCPP20.GetDisplayMessagesRequest): OCPP20.GetDisplayMessagesResponse {
      const { requestId, id: ids, priority, state } = request
      const found = [...messages.values()].filter(
        message =>
          (ids === undefined || ids.includes(message.id)) &&
          (priority === undefined || message.priority === priority) &&
          (state === undefined || message.state === state),
      )
      if (found.length === 0) return { status: 'Unknown' }
      station.later(async () => {
        await station.line.call('NotifyDisplayMessages', { requestId, messageInfo: found, tbc: false })
      })
      return { status: 'Accepted' }
    },
    ClearDisplayMessage({ id }: OCPP20.ClearDisplayMessageRequest): OCPP20.ClearDisplayMessageResponse {
      return { status: messages.delete(id) ? 'Accepted' : 'Unknown' }
    },
    CostUpdated({ transactionId, totalCost }: OCPP20.CostUpdatedRequest): OCPP20.CostUpdatedResponse {
      costs.set(transactionId, totalCost)
      return {}
    },
    CustomerInformation(request: OCPP20.CustomerInformationRequest): OCPP20.CustomerInformationResponse {
      const { requestId, idToken, report, clear } = request
      if (idToken === undefined) return { status: 'Invalid' }
      const { list } = station.tokens
      const known = list.entries[idToken.idToken.toLowerCase()]
      if (clear) {
        delete list.entries[idToken.idToken.toLowerCase()]
        station.tokens.clearCache()
      }
      if (report)
        station.later(async () => {
          const generatedAt = new Date(station.setup.clock.now()).toISOString()
          const data = known === undefined ? 'nothing is known of this token' : JSON.stringify(known)
          await station.line.call('NotifyCustomerInformation', { requestId, data, seqNo: 0, generatedAt })
        })
      return { status: 'Accepted' }
    },
  }
}
