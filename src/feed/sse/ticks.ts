import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { EventStream, Source } from './eventStream.ts'
import { eventFrame } from './frame.ts'

/** milliseconds */
const EVERY = 2000

/**
 * A snapshot every two seconds, at the even ones: their ids count them, so that they are the same in every process.
 *
 * @param take makes the snapshot of a tenant, once for all its clients
 */
export function snapshots(log: Logger, event: string, take: (tenantId: string) => Promise<object>): Source<undefined> {
  async function publish(stream: EventStream<undefined>, tenantId: string, at: number): Promise<void> {
    const position = idOf(at)
    const frame = eventFrame(event, JSON.stringify(await take(tenantId)), position)
    const committedAt = new Date(at * EVERY)
    stream.topic(tenantId)?.publish({ change: { position, committedAt }, size: frame.length, frame, facts: undefined })
  }

  async function run(stream: EventStream<undefined>, signal: AbortSignal): Promise<void> {
    for (;;) {
      await delay(EVERY - (Date.now() % EVERY), undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      // A timer may be early by a millisecond.
      const at = Math.round(Date.now() / EVERY)
      const published = await Promise.allSettled([...stream.tenants].map(tenantId => publish(stream, tenantId, at)))
      for (const outcome of published)
        if (outcome.status === 'rejected') log.warn({ err: outcome.reason }, 'a snapshot could not be taken')
    }
  }

  return {
    lingers: 30_000,
    begin(stream) {
      const ending = new AbortController()
      void run(stream, ending.signal)
      return () => ending.abort()
    },
    position: () => idOf(Math.floor(Date.now() / EVERY)),
    isPast: id => ID.test(id) && id <= idOf(Math.ceil(Date.now() / EVERY)),
  }
}

const ID = /^\d{12}$/
const idOf = (count: number) => String(count).padStart(12, '0')
