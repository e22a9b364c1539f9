import * as archive from '../store/archive.ts'

/** How long telemetry stays in a tier, in days. */
export interface Retention {
  /** As it came. */
  archiveRawDays: number
  /** In any form but summaries of sessions, which stay. */
  archiveMinuteDays: number
}

/** Late samples, or late minutes, that are moved in one transaction. */
const BATCH = 200_000

/**
 * Moves telemetry that is old enough to its next tier. Every step is a transaction that the next run finds done or not
 * done, so this may be killed anywhere. Oldest first, and what an earlier run left behind before anything else.
 */
export async function archiveTelemetry(
  db: archive.ArchiveConnection,
  { archiveRawDays, archiveMinuteDays }: Retention,
): Promise<void> {
  for (const day of await archive.detachedDays(db)) await archive.settle(db, day)
  for (const day of await archive.daysToCompact(db, archiveRawDays)) {
    await archive.compact(db, day)
    await archive.detach(db, day)
    await archive.settle(db, day)
  }
  while ((await archive.compactLate(db, BATCH)) > 0);
  for (const day of await archive.daysToSummarize(db, archiveMinuteDays)) await archive.summarize(db, day)
  while ((await archive.summarizeLate(db, archiveMinuteDays, BATCH)) > 0);
}
