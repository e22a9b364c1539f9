import { once } from 'node:events'
import type { Child } from '../child.ts'

/** Waits for what a load process reports. @throws what it reports as an error */
export async function reportOf<Result>(child: Child): Promise<Result> {
  const [report] = (await once(child.process, 'message')) as [{ result: Result } | { error: string }]
  if ('error' in report) throw new Error(report.error)
  return report.result
}

/** Gives a load process a job and waits for its report. */
export async function ask<Result>(child: Child, job: object): Promise<Result> {
  const report = reportOf<Result>(child)
  child.process.send(job)
  return report
}
