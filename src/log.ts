import { mkdirSync, openSync } from 'node:fs'
import path from 'node:path'
import pino, { type DestinationStream, type Logger } from 'pino'

/** Lines are passed on when they have this length together, in characters, */
const BLOCK = 32 * 1024
/** or after this time, in milliseconds. */
const SOON = 250

/**
 * One JSON line per request and event. Lines are gathered and written in blocks, off the path of an answer; `flush` at
 * the end writes the rest.
 */
export function openLog(level: string, file: string): Logger {
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, gather(descriptorOf(file)))
}

function descriptorOf(file: string): number {
  if (file === '-') return 1
  mkdirSync(path.dirname(file), { recursive: true })
  return openSync(file, 'a')
}

/** pino's destination measures what it has gathered anew for every line, so here it gets whole blocks. */
function gather(dest: number): DestinationStream & { flush(): void } {
  let lines: string[] = []
  let length = 0
  const pass = () => {
    if (lines.length > 0) destination.write(lines.join(''))
    lines = []
    length = 0
  }
  const flush = () => {
    pass()
    destination.flushSync()
  }
  // Registered before the destination's own, which closes it.
  process.once('exit', pass)
  const destination = pino.destination({ dest, sync: false })
  setInterval(pass, SOON).unref()
  return {
    write(line) {
      lines.push(line)
      length += line.length
      if (length >= BLOCK) pass()
    },
    flush,
  }
}
