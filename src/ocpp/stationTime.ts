/**
 * A time as a station wrote it. What is no time (a leap second, or anything at all from a station whose frames are not
 * checked) counts as the moment in which it was received.
 */
export function stationTime(text: string | undefined, receivedAt: Date): Date {
  const milliseconds = Date.parse(text ?? '')
  return Number.isNaN(milliseconds) ? receivedAt : new Date(milliseconds)
}
