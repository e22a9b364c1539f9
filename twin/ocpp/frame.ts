/** An OCPP-J frame, as far as 1.6 and 2.0.1 have them. */
export type Frame =
  | { kind: 'call'; id: string; action: string; payload: unknown }
  | { kind: 'result'; id: string; payload: unknown }
  | { kind: 'error'; id: string; code: string; description: string }

/** Why a call of the central system is answered with an error. */
export class CallError extends Error {
  readonly code: string

  constructor(code: string, description = '') {
    super(description)
    this.code = code
  }
}

/** Reads a text message; undefined when it is no frame that a station knows. */
export function readFrame(text: string): Frame | undefined {
  let frame: unknown
  try {
    frame = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(frame) || typeof frame[1] !== 'string') return undefined
  const [type, id, third, fourth] = frame
  if (type === 2 && typeof third === 'string') return { kind: 'call', id, action: third, payload: fourth }
  if (type === 3) return { kind: 'result', id, payload: third }
  if (type === 4) return { kind: 'error', id, code: String(third), description: String(fourth ?? '') }
  return undefined
}

export const callFrame = (id: string, action: string, payload: object): string =>
  JSON.stringify([2, id, action, payload])

export const resultFrame = (id: string, payload: object): string => JSON.stringify([3, id, payload])

export const errorFrame = (id: string, { code, message }: CallError): string =>
  JSON.stringify([4, id, code, message.slice(0, 255), {}])
