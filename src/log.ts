import { mkdirSync } from 'node:fs'
import path from 'node:path'
import pino, { type Logger } from 'pino'

/**
 * One JSON line per request and event. Lines are gathered and written in blocks, off the path of an answer; `flush` at
 * the end writes the rest.
 */
export function openLog(level: string, file: string): Logger {
  if (file !== '-') mkdirSync(path.dirname(file), { recursive: true })
  const destination = pino.destination({ dest: file === '-' ? 1 : file, sync: false, minLength: 4096 })
  const timer = setInterval(() => destination.flush(), 1000)
  timer.unref()
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}
