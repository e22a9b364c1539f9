import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

/** 256 random bits as 64 hex characters: shown once, kept as their SHA-256. */
export const newSecret = (): string => randomBytes(32).toString('hex')

/** SHA-256 is enough for random secrets; passwords need a slow hash instead. */
export const hashSecret = (secret: string | Uint8Array): Buffer => hash('sha256', secret, 'buffer')

/** Compares in constant time. */
export const provesSecret = (secret: string | Uint8Array, storedHash: Buffer): boolean =>
  timingSafeEqual(hashSecret(secret), storedHash)
