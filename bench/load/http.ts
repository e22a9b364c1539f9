import { quantile } from '../statistics.ts'
import { Connection } from './connection.ts'
import type { Job, JobResult } from './job.ts'
import { commandBytes, getBytes, telemetryBytes } from './requestBytes.ts'
import { restBytes } from './restBytes.ts'

/** The load: a process that runs one job after the other and reports each. */
process.on('message', (job: Job) => {
  run(job).then(
    result => process.send!({ result }),
    error => process.send!({ error: error.message }),
  )
})
process.on('disconnect', () => process.exit())
process.stdout.write('listening 0\n')

async function run(job: Job): Promise<JobResult> {
  const latencies: number[] = []
  const refused: Record<string, number> = {}
  const startedAt = performance.now()
  const endsAt = job.seconds === undefined ? Number.POSITIVE_INFINITY : startedAt + job.seconds * 1000
  const limit = job.requests ?? Number.POSITIVE_INFINITY
  let sent = 0
  let open = job.connections
  await new Promise<void>((resolve, reject) => {
    for (let index = 0; index < job.connections; index++) {
      const requests = requestsOf(job, index)
      let turn = 0
      let sentAt = 0
      const next = () => {
        if (performance.now() >= endsAt || sent >= limit) {
          connection.close()
          if (--open === 0) resolve()
          return
        }
        sent++
        sentAt = performance.now()
        connection.send(requests[turn++ % requests.length]!())
      }
      const answered = (status: string) => {
        if (status === '200' || status === '201') latencies.push(performance.now() - sentAt)
        else refused[status] = (refused[status] ?? 0) + 1
        next()
      }
      const connection = new Connection(job.port, answered, reject)
      next()
    }
  })
  const seconds = (performance.now() - startedAt) / 1000
  const sorted = Float64Array.from(latencies).sort()
  return { answered: sorted.length, refused, seconds, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) }
}

/** The chargers are dealt out to the connections, so that all of them send and none on two connections at a time. */
function requestsOf({ port, connections, traffic }: Job, index: number): (() => Buffer)[] {
  if (traffic.kind === 'get') return [getBytes(port, traffic.path, traffic.token)]
  if (traffic.kind === 'rest') return [restBytes(port, traffic, index)]
  return traffic.chargers
    .filter((_charger, place) => place % connections === index)
    .map(charger =>
      traffic.kind === 'command' ? commandBytes(port, charger, traffic.token) : telemetryBytes(port, charger),
    )
}
