import type { Child } from '../child.ts'

type Report<Result> = { result: Result } | { error: string }

/** Waits for what a load process reports. @throws what it reports as an error, or that it ended */
export async function reportOf<Result>({ process }: Child): Promise<Result> {
  const report = await new Promise<Report<Result>>(resolve => {
    const ended = (code: number | null) => resolve({ error: `a load process ended with ${code}` })
    process.once('exit', ended)
    process.once('message', message => {
      process.off('exit', ended)
      resolve(message as Report<Result>)
    })
  })
  if ('error' in report) throw new Error(report.error)
  return report.result
}

/** Gives a load process a job and waits for its report. */
export async function ask<Result>(child: Child, job: object): Promise<Result> {
  const report = reportOf<Result>(child)
  child.process.send(job)
  return report
}
