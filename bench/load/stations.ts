import { quantile } from '../statistics.ts'
import type { JobResult } from './job.ts'
import { nextMeterValues } from './meterValues.ts'
import { StationConnection } from './stationConnection.ts'
import type { StationJob } from './stationJob.ts'

/** Many OCPP stations in one process, which runs one job after the other and reports each. */
const stations: StationConnection[] = []

process.on('message', (job: StationJob) => {
  run(job).then(
    result => process.send!({ result }),
    error => process.send!({ error: error.message }),
  )
})
process.on('disconnect', () => process.exit())
process.stdout.write('listening 0\n')

async function run(job: StationJob): Promise<JobResult | undefined> {
  if (job.kind === 'call') return call(job.seconds)
  if (job.kind === 'open') await open(job)
  else for (const station of stations.splice(0)) station.close()
  return undefined
}

async function open({ port, identities, password }: StationJob & { kind: 'open' }): Promise<void> {
  // A few at a time: a listening socket has a backlog.
  for (let from = 0; from < identities.length; from += 50) {
    const some = identities.slice(from, from + 50)
    stations.push(...(await Promise.all(some.map(identity => StationConnection.open(port, identity, password)))))
  }
}

async function call(seconds: number): Promise<JobResult> {
  const latencies: number[] = []
  const refused: Record<string, number> = {}
  const startedAt = performance.now()
  const endsAt = startedAt + seconds * 1000
  await Promise.all(
    stations.map(
      station =>
        new Promise<void>((resolve, reject) => {
          const next = nextMeterValues()
          let sentAt = 0
          const send = () => {
            sentAt = performance.now()
            if (sentAt < endsAt) station.send(next())
            else {
              station.listener = undefined
              resolve()
            }
          }
          station.listener = {
            answered(isResult) {
              if (isResult) latencies.push(performance.now() - sentAt)
              else refused.CALLERROR = (refused.CALLERROR ?? 0) + 1
              send()
            },
            failed: reject,
          }
          send()
        }),
    ),
  )
  const sorted = Float64Array.from(latencies).sort()
  const took = (performance.now() - startedAt) / 1000
  return { answered: sorted.length, refused, seconds: took, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) }
}
