import type { Scanner } from './scanner.ts'

/** A column, or a value inside of a json column. */
export interface Path {
  column: string
  /** The steps into it; digits are an array index. `->>` ends the path, as text. */
  steps: { arrow: '->' | '->>'; key: string | number }[]
}

const NAME = /[\p{L}_][\p{L}\p{N}_$ ]*/uy
const KEY = /[\p{L}\p{N}_$ ]+|-?\d+/uy

/** `column`, `"column"` or `column->key->>0`. */
export function parsePath(scanner: Scanner): Path {
  const column = parseName(scanner)
  const steps: Path['steps'] = []
  while (scanner.take('->')) {
    const arrow = scanner.take('>') ? '->>' : '->'
    const key = scanner.peek() === '"' ? scanner.quoted() : scanner.match(KEY)
    if (key === '') throw scanner.unexpected('json key')
    steps.push({ arrow, key: /^-?\d{1,9}$/.test(key) ? Number(key) : key })
    if (arrow === '->>') break
  }
  return { column, steps }
}

export function parseName(scanner: Scanner): string {
  const name = scanner.peek() === '"' ? scanner.quoted() : scanner.match(NAME).trimEnd()
  if (name === '') throw scanner.unexpected('field name (* or [a..z0..9_$])')
  return name
}
