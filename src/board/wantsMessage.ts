import type { MessageRow } from '../store/boardMessages.ts'

/** What filters of messages look at. */
export type MessageFacts = Pick<MessageRow, 'identity' | 'method' | 'direction' | 'type'>

/** Whether a message passes the filters that are given, all of which must hold. */
export const wantsMessage =
  ({ identity, method, direction, type }: Partial<MessageFacts>) =>
  (message: MessageFacts): boolean =>
    (identity === undefined || message.identity === identity) &&
    (method === undefined || message.method === method) &&
    (direction === undefined || message.direction === direction) &&
    (type === undefined || message.type === type)
