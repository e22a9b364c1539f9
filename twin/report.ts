import { createHistogram } from 'node:perf_hooks'
import type { Answer, Operation } from './api.ts'

/** Something sent that the server refused although a real charger would count on its being taken. */
export interface Refusal {
  operation: Operation
  status: number
  /** The beginning of the server's answer. */
  answer: string
}

export interface Summary {
  chargers: number
  sites: number
  sessions: number
  /** Delivered to vehicles, kWh. */
  energy_kwh: number
  /** Taken from vehicles, kWh. */
  discharge_energy_kwh: number
  samples: { sent: number; acknowledged: number; dropped: number }
  records: { sent: number; acknowledged: number; kept: number }
  commands: { received: number; completed: number; rejected: number; failed: number }
  faults: number
  reconnects: number
  requests: number
  /** Milliseconds, without long-polls. */
  latency: { p50: number; p99: number; max: number }
  /** Answers that were errors, by status; `network` where there was none. */
  errors: Record<string, number>
  refusals: number
  /** The first refusals, for people. */
  refused: Refusal[]
  /** Wall-clock seconds. */
  seconds: number
  /** True when nothing was refused, dropped or left unacknowledged. */
  ok: boolean
}

const SHOWN_REFUSALS = 5

/** What the whole fleet did, counted. */
export class Report {
  chargers = 0
  sites = 0
  sessions = 0
  energy = 0
  dischargeEnergy = 0
  samplesSent = 0
  samplesDropped = 0
  recordsSent = 0
  recordsKept = 0
  faults = 0
  reconnects = 0
  readonly commands = { received: 0, completed: 0, rejected: 0, failed: 0 }
  readonly #acknowledged = new Map<Operation, number>()
  readonly #errors = new Map<string, number>()
  readonly #refused: Refusal[] = []
  readonly #latency = createHistogram()
  readonly #recentLatency = createHistogram()
  readonly #started = performance.now()
  #requests = 0
  #refusals = 0
  #seen = { at: performance.now(), samples: 0 }

  /** Notes an answer; see `Observe`. */
  observe(operation: Operation, status: number, milliseconds: number): void {
    this.#requests++
    if (status === 0 || status >= 400) {
      const name = status === 0 ? 'network' : String(status)
      this.#errors.set(name, (this.#errors.get(name) ?? 0) + 1)
    }
    // A long-poll takes long on purpose.
    if (operation === 'fetchCommand' || status === 0) return
    const microseconds = Math.max(1, Math.round(milliseconds * 1000))
    this.#latency.record(microseconds)
    this.#recentLatency.record(microseconds)
  }

  acknowledge(operation: Operation): void {
    this.#acknowledged.set(operation, this.acknowledged(operation) + 1)
  }

  acknowledged(operation: Operation): number {
    return this.#acknowledged.get(operation) ?? 0
  }

  refuse(operation: Operation, { status, body }: Answer): void {
    this.#refusals++
    if (this.#refused.length >= SHOWN_REFUSALS) return
    this.#refused.push({
      operation,
      status,
      answer: (typeof body === 'string' ? body : JSON.stringify(body)).slice(0, 300),
    })
  }

  get errorCount(): number {
    return [...this.#errors.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Samples per second and latency in milliseconds since the last call. */
  takeRecent(): { samplesPerSecond: number; p50: number; p99: number } {
    const at = performance.now()
    const samples = this.acknowledged('uploadTelemetry')
    const samplesPerSecond = ((samples - this.#seen.samples) * 1000) / Math.max(1, at - this.#seen.at)
    this.#seen = { at, samples }
    const { p50, p99 } = inMilliseconds(this.#recentLatency)
    this.#recentLatency.reset()
    return { samplesPerSecond, p50, p99 }
  }

  summarize(): Summary {
    const samples = {
      sent: this.samplesSent,
      acknowledged: this.acknowledged('uploadTelemetry'),
      dropped: this.samplesDropped,
    }
    const records = {
      sent: this.recordsSent,
      acknowledged: this.acknowledged('uploadChargingRecord'),
      kept: this.recordsKept,
    }
    return {
      chargers: this.chargers,
      sites: this.sites,
      sessions: this.sessions,
      energy_kwh: Math.round(this.energy * 1000) / 1000,
      discharge_energy_kwh: Math.round(this.dischargeEnergy * 1000) / 1000,
      samples,
      records,
      commands: { ...this.commands },
      faults: this.faults,
      reconnects: this.reconnects,
      requests: this.#requests,
      latency: inMilliseconds(this.#latency),
      errors: Object.fromEntries([...this.#errors].sort()),
      refusals: this.#refusals,
      refused: [...this.#refused],
      seconds: Math.round((performance.now() - this.#started) / 100) / 10,
      ok: this.#refusals === 0 && samples.acknowledged === samples.sent && records.acknowledged === records.sent,
    }
  }
}

/** The summary as lines for people. */
export function describe(summary: Summary): string {
  const { samples, records, commands, latency, errors } = summary
  const errorList = Object.entries(errors).map(([status, count]) => `${count} x ${status}`)
  const lines = [
    ['chargers', `${summary.chargers} on ${summary.sites} site${summary.sites === 1 ? '' : 's'}, ${summary.seconds} s`],
    [
      'sessions',
      `${summary.sessions}, ${summary.energy_kwh} kWh charged, ${summary.discharge_energy_kwh} kWh given back`,
    ],
    [
      'samples',
      `${samples.sent} sent, ${samples.acknowledged} acknowledged${samples.dropped > 0 ? `, ${samples.dropped} dropped` : ''}`,
    ],
    [
      'records',
      `${records.sent} sent, ${records.acknowledged} acknowledged${records.kept > 0 ? `, ${records.kept} kept for the next run` : ''}`,
    ],
    [
      'commands',
      `${commands.received} received, ${commands.completed} completed, ${commands.rejected} rejected, ${commands.failed} failed`,
    ],
    ['faults', `${summary.faults}, and ${summary.reconnects} reconnects`],
    ['requests', `${summary.requests}, p50 ${latency.p50} ms, p99 ${latency.p99} ms, longest ${latency.max} ms`],
    ['errors', errorList.length === 0 ? 'none' : errorList.join(', ')],
    ...summary.refused.map(({ operation, status, answer }) => ['refused', `${operation} ${status}: ${answer}`]),
  ]
  if (summary.refusals > summary.refused.length)
    lines.push(['refused', `${summary.refusals - summary.refused.length} more`])
  return lines.map(([name, text]) => `${name!.padEnd(9)} ${text}`).join('\n')
}

/** What a histogram of microseconds holds. */
export function inMilliseconds(histogram: ReturnType<typeof createHistogram>): {
  p50: number
  p99: number
  max: number
} {
  if (histogram.count === 0) return { p50: 0, p99: 0, max: 0 }
  const [p50, p99, max] = [histogram.percentile(50), histogram.percentile(99), histogram.max].map(
    value => Math.round(value / 100) / 10,
  )
  return { p50: p50!, p99: p99!, max: max! }
}
