import { median } from './statistics.ts'

/** One line of the result: what was measured of ours and of its baseline, and how they should compare. */
export interface Line {
  name: string
  unit: string
  /** One value per run, ours and the baseline's of the same run in the same place. */
  ours: number[]
  /** Left out where the demand is an absolute one. */
  baseline?: number[]
  /** What is asked of the ratio of ours to the baseline, or of ours where there is no baseline. */
  wanted?: { atLeast: number } | { atMost: number }
}

const HEAD = ['', 'ours', 'baseline', 'unit', 'ratio', 'wanted', 'ok']

/**
 * Prints the lines as one table. The ratio is the median of the runs' own ratios: the two halves of a run are neighbours
 * in time, so what else the machine does meanwhile weighs on both.
 *
 * @returns how many lines miss what is wanted
 */
export function printTable(lines: Line[]): number {
  const rows = lines.map(toRow)
  const widths = HEAD.map((title, column) => Math.max(title.length, ...rows.map(row => row[column]!.length)))
  const print = (row: string[]) =>
    console.log(
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
  print(HEAD)
  for (const row of rows) print(row)
  return rows.filter(row => row.at(-1) === 'MISS').length
}

function toRow({ name, unit, ours, baseline, wanted }: Line): string[] {
  const ratio = baseline === undefined ? undefined : median(ours.map((value, run) => value / baseline[run]!))
  const judged = ratio ?? median(ours)
  const demand = wanted === undefined ? '' : 'atLeast' in wanted ? `>= ${wanted.atLeast}` : `<= ${wanted.atMost}`
  return [
    name,
    show(median(ours)),
    baseline === undefined ? '' : show(median(baseline)),
    unit,
    ratio === undefined ? '' : ratio.toFixed(2),
    demand,
    wanted === undefined ? '' : meets(judged, wanted) ? 'ok' : 'MISS',
  ]
}

function meets(value: number, wanted: NonNullable<Line['wanted']>): boolean {
  return 'atLeast' in wanted ? value >= wanted.atLeast : value <= wanted.atMost
}

function show(value: number): string {
  if (!Number.isFinite(value)) return 'n/a'
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 10 ? 1 : 2)
}
