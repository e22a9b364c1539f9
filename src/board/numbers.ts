import { type BoardNumbers, type Rates, RECENT_SECONDS, STEP_SECONDS, type Step } from '../store/boardNumbers.ts'
import { rounded } from './items.ts'

/** Means of a stretch of time: messages per second, milliseconds per answer, errors per message. */
const toMeans = ({ messages, errors, answers, answerMs }: Rates, seconds: number) => ({
  messagesPerSecond: rounded(messages / seconds),
  avgLatencyMs: answers === 0 ? 0 : rounded(answerMs / answers),
  errorRate: messages === 0 ? 0 : Math.min(1, errors / messages),
})

export const toOverview = (numbers: BoardNumbers) => ({
  connectedClients: numbers.connected,
  totalConnections: numbers.connections,
  ...toMeans(numbers.recent, RECENT_SECONDS),
  uptimeSeconds: numbers.uptimeSeconds,
  totalMessages: numbers.messages,
  securityEventCount: numbers.securityEvents,
  errorCount: numbers.errors,
  systemEventCount: numbers.systemEvents,
  droppedMessages: numbers.dropped,
})

/** How the server is doing, with the memory of this process. */
export function toTelemetry(numbers: BoardNumbers) {
  const { rss, heapUsed, heapTotal } = process.memoryUsage()
  return {
    ...toMeans(numbers.recent, RECENT_SECONDS),
    connectionCount: numbers.connected,
    // Kept when a station connects, and so a moment behind.
    peakConnections: Math.max(numbers.peak, numbers.connected),
    uptimeSeconds: numbers.uptimeSeconds,
    totalMessages: numbers.messages,
    memoryUsage: { rss, heapUsed, heapTotal },
  }
}

export const toTelemetryPoint = ({ time, ...rates }: Step) => ({
  timestamp: time.toISOString(),
  ...toMeans(rates, STEP_SECONDS),
})
