import type { Services } from '../../services.ts'
import { flushedPosition } from '../../store/transactions.ts'
import type { EventStream, Source } from './eventStream.ts'
import { eventFrame } from './frame.ts'

/** What a new row is to a stream. */
export interface Shown<Facts> {
  tenantId: string
  /** What is sent of it. */
  item: object
  /** What filters look at. */
  facts: Facts
}

const POSITION = /^[0-9A-F]{8}\/[0-9A-F]{8}:\d{8}$/

/**
 * The rows that join a table, in the order of their commits. Their ids are positions in the write-ahead log, which are
 * the same in every process.
 *
 * @param table `schema.name`
 * @param show undefined for a row that is not part of the stream
 */
export const insertsInto = <Facts>(
  { feed, db }: Pick<Services, 'feed' | 'db'>,
  table: string,
  event: string,
  show: (row: Record<string, unknown>) => Shown<Facts> | undefined,
): Source<Facts> => ({
  // As long as the window of a topic.
  lingers: 5 * 60_000,

  begin(stream: EventStream<Facts>) {
    const endListening = feed.subscribe(table, ({ kind, row, position, committedAt }) => {
      const shown = kind === 'insert' ? show(row) : undefined
      const topic = shown && stream.topic(shown.tenantId)
      if (shown === undefined || topic === undefined) return
      const frame = eventFrame(event, JSON.stringify(shown.item), position)
      topic.publish({ change: { position, committedAt }, size: frame.length, frame, facts: shown.facts })
    })
    // What was committed while the feed was away is in the tables only.
    const endHealing = feed.onResumed(({ from, to }) =>
      stream.interrupt({ reason: 'interrupted', from: from.toISOString(), to: to.toISOString() }),
    )
    return () => {
      endListening()
      endHealing()
    }
  },

  position: () => feed.position,

  async isPast(id) {
    if (!POSITION.test(id)) return false
    // Another process may have told of it before this one has heard.
    return id <= feed.position || id.split(':')[0]! <= (await flushedPosition(db))
  },
})
