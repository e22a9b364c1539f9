import { createHash } from 'node:crypto'

/** What a message says, whatever its unique id: a station that got no answer sends it again with a new one. */
export const fingerprint = (...facts: unknown[]): string =>
  createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32)
