import type { Child } from '../child.ts'
import { ask } from '../load/ask.ts'
import type { Job, JobResult } from '../load/job.ts'

/** One job as the server saw it and as the caller saw it. */
export interface Measured extends JobResult {
  perSecond: number
  /** Processor time of the server, in milliseconds per request. */
  cpuMilliseconds: number
}

/** Runs a job against a server. @throws when any request was refused: a quick error is no throughput */
export async function measure(load: Child, server: Child, job: Omit<Job, 'port'>): Promise<Measured> {
  const before = server.cpuSeconds()
  const result = await ask<JobResult>(load, { port: server.port, ...job })
  const cpu = server.cpuSeconds() - before
  const refused = Object.entries(result.refused).map(([status, count]) => `${count} times ${status}`)
  if (refused.length > 0) throw new Error(`the server under load answered ${refused.join(', ')}`)
  return { ...result, perSecond: result.answered / result.seconds, cpuMilliseconds: (cpu * 1000) / result.answered }
}
