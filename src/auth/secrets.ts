import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

/** 256 random bits as 64 hex characters: shown once, kept as their SHA-256. */
export const newSecret = (): string => randomBytes(32).toString('hex')

/** 120 random bits as 20 characters: what a charger of every OCPP version can take as its password. */
export const newPassword = (): string => randomBytes(15).toString('base64url')

/** SHA-256 is enough for random secrets; passwords need a slow hash instead. */
export const hashSecret = (secret: string | Uint8Array): Buffer => hash('sha256', secret, 'buffer')

/** Compares in constant time. */
export const provesSecret = (secret: string | Uint8Array, storedHash: Buffer): boolean =>
  timingSafeEqual(hashSecret(secret), storedHash)
