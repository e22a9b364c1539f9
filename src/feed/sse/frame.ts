/**
 * An event as it goes over the wire (WHATWG HTML, 9.2.5).
 *
 * @param data JSON, which has no line break of its own
 * @param id where a client goes on that comes back with it in `Last-Event-ID`
 */
export const eventFrame = (event: string, data: string, id?: string): Buffer =>
  Buffer.from(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`)

/** How long a client waits before it comes back, in milliseconds. */
const RETRY = 2000

/** Said once, before anything else. */
export const greeting = (id: string): Buffer =>
  Buffer.concat([Buffer.from(`retry: ${RETRY}\n`), eventFrame('connected', '{}', id)])

/** A comment: clients take no notice, and what stands between does not take the connection for dead. */
export const HEARTBEAT = Buffer.from(': heartbeat\n\n')

/** Why events may be missing. */
export type Reset =
  /** The last event that the client had is not kept any more. */
  | { reason: 'expired' }
  /** The last event that the client had is none of this stream. */
  | { reason: 'unknown' }
  /** The server did not see what was committed between two instants. */
  | { reason: 'interrupted'; from: string; to: string }

const WORDS: Record<Reset['reason'], string> = {
  expired: 'What came after the last event is not kept any more: read the list',
  unknown: 'The last event is none of this stream: read the list',
  interrupted: 'Events may be missing: read the list',
}

/** @param id where the events after it begin */
export const resetFrame = (reset: Reset, id: string): Buffer =>
  eventFrame('reset', JSON.stringify({ ...reset, message: WORDS[reset.reason] }), id)
