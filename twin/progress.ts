import type { Charger } from './charger.ts'
import type { Report } from './report.ts'

/** Milliseconds between progress lines: often where a line can be rewritten, seldom where each one stays. */
const REWRITTEN = 1000
const APPENDED = 10_000

/** Where progress goes, as far as this needs to know; `process.stderr` and `process.stdout` are of this kind. */
export interface Output {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

/** What the fleet does, in one line. */
export function progressOf(chargers: readonly Charger[], report: Report): string {
  const { samplesPerSecond, p50, p99 } = report.takeRecent()
  const waiting = chargers.reduce((sum, { setup }) => sum + setup.link.waiting, 0)
  return [
    `${chargers.filter(({ online }) => online).length}/${chargers.length} online`,
    `${chargers.reduce((sum, { activeBays }) => sum + activeBays, 0)} charging`,
    `${chargers.reduce((sum, { power }) => sum + power, 0).toFixed(0)} kW`,
    `${samplesPerSecond.toFixed(1)} samples/s`,
    `p50 ${p50} ms p99 ${p99} ms`,
    `${report.errorCount} errors`,
    ...(waiting > chargers.length ? [`${waiting} to send`] : []),
  ].join(' | ')
}

/** Shows one line on what the fleet does, again and again. Returns the function that ends it. */
export function showProgress(output: Output, line: () => string): () => void {
  const show = () =>
    output.write(output.isTTY ? `\r\x1b[K${line().slice(0, (output.columns || 120) - 1)}` : `${line()}\n`)
  const timer = setInterval(show, output.isTTY ? REWRITTEN : APPENDED)
  return () => {
    clearInterval(timer)
    if (output.isTTY) output.write('\r\x1b[K')
  }
}
