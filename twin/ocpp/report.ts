import { createHistogram } from 'node:perf_hooks'
import { inMilliseconds } from '../report.ts'
import type { Protocol } from './schemas.ts'

export interface OcppSummary {
  protocol: Protocol
  chargers: number
  /** How many of them the central system has accepted. */
  registered: number
  sessions: number
  /** Delivered to vehicles, kWh. */
  energy_kwh: number
  /** Calls of the stations, and what was answered with a result or an error. */
  calls: { sent: number; answered: number }
  /** What belongs to transactions: it is kept until it is acknowledged. */
  transactions: { sent: number; acknowledged: number; kept: number }
  /** Calls of the central system that were obeyed, by action. */
  commands: Record<string, number>
  faults: number
  reconnects: number
  /** Milliseconds from a call to its answer. */
  latency: { p50: number; p99: number; max: number }
  /** Handshakes that failed, by status or code. */
  handshakes: Record<string, number>
  refusals: number
  /** The first refusals, for people. */
  refused: { action: string; reason: string }[]
  /** Wall-clock seconds. */
  seconds: number
  /** True when all were registered and nothing was refused, wrong by its schema, or left unacknowledged. */
  ok: boolean
}

const SHOWN_REFUSALS = 5

/** What a fleet of OCPP stations did, counted. */
export class OcppReport {
  readonly protocol: Protocol
  chargers = 0
  registered = 0
  sessions = 0
  energy = 0
  faults = 0
  reconnects = 0
  sent = 0
  transactionsSent = 0
  transactionsAcknowledged = 0
  transactionsKept = 0
  readonly #commands = new Map<string, number>()
  readonly #handshakes = new Map<string, number>()
  readonly #refused: { action: string; reason: string }[] = []
  readonly #latency = createHistogram()
  readonly #recentLatency = createHistogram()
  readonly #started = performance.now()
  #answered = 0
  #refusals = 0
  #seen = { at: performance.now(), answered: 0 }

  constructor(protocol: Protocol) {
    this.protocol = protocol
  }

  get errorCount(): number {
    return this.#refusals + [...this.#handshakes.values()].reduce((sum, count) => sum + count, 0)
  }

  answered(milliseconds: number): void {
    this.#answered++
    const microseconds = Math.max(1, Math.round(milliseconds * 1000))
    this.#latency.record(microseconds)
    this.#recentLatency.record(microseconds)
  }

  commanded(action: string): void {
    increment(this.#commands, action)
  }

  failedHandshake(reason: string): void {
    increment(this.#handshakes, reason)
  }

  /** Something that a real station would not expect of a central system. */
  refuse(action: string, reason: string): void {
    this.#refusals++
    if (this.#refused.length < SHOWN_REFUSALS) this.#refused.push({ action, reason: reason.slice(0, 300) })
  }

  /** Answers per second and latency in milliseconds since the last call. */
  takeRecent(): { callsPerSecond: number; p50: number; p99: number } {
    const at = performance.now()
    const callsPerSecond = ((this.#answered - this.#seen.answered) * 1000) / Math.max(1, at - this.#seen.at)
    this.#seen = { at, answered: this.#answered }
    const { p50, p99 } = inMilliseconds(this.#recentLatency)
    this.#recentLatency.reset()
    return { callsPerSecond, p50, p99 }
  }

  summarize(): OcppSummary {
    const transactions = {
      sent: this.transactionsSent,
      acknowledged: this.transactionsAcknowledged,
      kept: this.transactionsKept,
    }
    return {
      protocol: this.protocol,
      chargers: this.chargers,
      registered: this.registered,
      sessions: this.sessions,
      energy_kwh: Math.round(this.energy * 1000) / 1000,
      calls: { sent: this.sent, answered: this.#answered },
      transactions,
      commands: Object.fromEntries([...this.#commands].sort()),
      faults: this.faults,
      reconnects: this.reconnects,
      latency: inMilliseconds(this.#latency),
      handshakes: Object.fromEntries([...this.#handshakes].sort()),
      refusals: this.#refusals,
      refused: [...this.#refused],
      seconds: Math.round((performance.now() - this.#started) / 100) / 10,
      ok: this.#refusals === 0 && this.registered === this.chargers && transactions.acknowledged === transactions.sent,
    }
  }
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** The summary as lines for people. */
export function describeOcpp(summary: OcppSummary): string {
  const { calls, transactions, latency, commands, handshakes } = summary
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, count]) => `${count} x ${name}`)
      .join(', ') || 'none'
  const lines = [
    ['chargers', `${summary.chargers} by ${summary.protocol}, ${summary.registered} registered, ${summary.seconds} s`],
    ['sessions', `${summary.sessions}, ${summary.energy_kwh} kWh charged`],
    ['calls', `${calls.sent} sent, ${calls.answered} answered`],
    [
      'messages',
      `${transactions.sent} about transactions, ${transactions.acknowledged} acknowledged${transactions.kept > 0 ? `, ${transactions.kept} kept for the next run` : ''}`,
    ],
    ['commands', list(commands)],
    ['faults', `${summary.faults}, and ${summary.reconnects} reconnects`],
    ['latency', `p50 ${latency.p50} ms, p99 ${latency.p99} ms, longest ${latency.max} ms`],
    ['failures', `of handshakes: ${list(handshakes)}`],
    ...summary.refused.map(({ action, reason }) => ['refused', `${action}: ${reason}`]),
  ]
  if (summary.refusals > summary.refused.length)
    lines.push(['refused', `${summary.refusals - summary.refused.length} more`])
  return lines.map(([name, text]) => `${name!.padEnd(9)} ${text}`).join('\n')
}
