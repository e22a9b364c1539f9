/** The frames of Phoenix channels: arrays in version 2 of the protocol, objects with the same members in version 1. */

export interface Message {
  joinRef: string | null
  ref: string | null
  topic: string
  event: string
  payload: Record<string, unknown>
}

export type Version = '1.0.0' | '2.0.0'

/** @returns undefined for what is no message of the protocol */
export function readFrame(version: Version, text: string): Message | undefined {
  let frame: unknown
  try {
    frame = JSON.parse(text)
  } catch {
    return undefined
  }
  if (version === '2.0.0') {
    if (!Array.isArray(frame) || frame.length !== 5) return undefined
    const [joinRef, ref, topic, event, payload] = frame
    return checked({ joinRef, ref, topic, event, payload })
  }
  if (typeof frame !== 'object' || frame === null) return undefined
  const { join_ref: joinRef = null, ref = null, topic, event, payload } = frame as Record<string, unknown>
  return checked({ joinRef, ref, topic, event, payload })
}

function checked({ joinRef, ref, topic, event, payload }: Record<keyof Message, unknown>): Message | undefined {
  if (!isRef(joinRef) || !isRef(ref) || typeof topic !== 'string' || typeof event !== 'string') return undefined
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return undefined
  return { joinRef, ref, topic, event, payload: payload as Record<string, unknown> }
}

const isRef = (value: unknown): value is string | null => value === null || typeof value === 'string'

/** @param payload JSON that is written already, since one change goes to many */
export function writeFrame(
  version: Version,
  { joinRef, ref, topic, event }: Omit<Message, 'payload'>,
  payload: string,
): string {
  const texts = [joinRef, ref, topic, event].map(value => JSON.stringify(value))
  if (version === '2.0.0') return `[${texts.join(',')},${payload}]`
  const [, refText, topicText, eventText] = texts
  return `{"ref":${refText},"topic":${topicText},"event":${eventText},"payload":${payload}}`
}
