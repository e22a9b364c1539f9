/** A step of the system clock is followed when it is longer than this; in milliseconds. */
const STEP = 1000

let origin = performance.timeOrigin

/**
 * Milliseconds since 1970 with fractions, never backwards but where the system clock was set: a server that was started
 * with a wrong clock, or slept, must not tell stations the wrong time ever after.
 */
export function now(): number {
  const time = origin + performance.now()
  const step = Date.now() - time
  if (Math.abs(step) < STEP) return time
  origin += step
  return time + step
}
