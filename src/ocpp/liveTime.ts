const LIVE_AHEAD = 5 * 60_000
/** Clocks that were never set begin at 1970 or 2000; there was no OCPP-J before this. */
const EARLIEST = Date.UTC(2010, 0)
const LATEST = Date.UTC(9999, 0)

/**
 * When something was by a station's clock, and whether that may say anything about now. Unlike a request to tellus, a
 * message of OCPP cannot be refused for its clock, so what is dated ahead is kept and moves nothing. An instant that
 * cannot be one counts as the time of the message.
 */
export function liveTime(timestamp: string | undefined, receivedAt: Date): { time: Date; live: boolean } {
  if (!isDated(timestamp)) return { time: receivedAt, live: true }
  const time = new Date(timestamp)
  return { time, live: isLive(time, receivedAt) }
}

/** Whether what was then may say anything about now. */
export const isLive = (time: Date, now: Date): boolean => time.getTime() - now.getTime() <= LIVE_AHEAD

/** Whether a timestamp is of a clock that was set. */
export function isDated(timestamp: string | undefined): timestamp is string {
  const milliseconds = Date.parse(timestamp ?? '')
  return milliseconds >= EARLIEST && milliseconds <= LATEST
}
