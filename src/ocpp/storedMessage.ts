import type { StoredMessage } from '../store/ocppMessages.ts'
import { maskPayload, maskText } from './masking.ts'
import type { FrameRecord } from './rpc/effects.ts'

/** The connection that a frame went over. */
export interface Link {
  tenantId: string
  identity: string
  connectionId: string
  protocol: string
}

/** How much of a frame that cannot be read is kept, in bytes. */
const RAW_BYTES = 1024
/** Longer names of actions, codes and ids come from nobody who means well. */
const LONGEST_NAME = 255
/** What these hold by their schemas is measured values and states, and there are many of them. */
const HARMLESS = new Set(['Heartbeat', 'MeterValues', 'StatusNotification'])

/**
 * What is kept of a frame: without secrets, and not longer than it may be.
 *
 * @param isChecked whether it was held against its schema, so that it holds nothing but what that knows
 */
export function toStored(record: FrameRecord, link: Link, isChecked: boolean): StoredMessage {
  const { tenantId, identity, connectionId, protocol } = link
  const { direction, type, at, responseMs, raw, violation } = record
  const payload = payloadBytes(record, isChecked)
  return {
    tenantId,
    identity,
    connectionId,
    direction,
    type,
    protocol,
    responseMs,
    time: Math.floor(at),
    uniqueId: cleaned(record.uniqueId),
    method: cleaned(record.method)!,
    errorCode: cleaned(record.errorCode),
    violation: payload === undefined ? 'the payload is nested too deeply to be kept' : cleaned(violation),
    payload: payload ?? null,
    raw: raw === null ? null : cutRaw(raw),
  }
}

/** @returns undefined for what has more levels than the stack: a frame may hold tens of thousands */
function payloadBytes(record: FrameRecord, isChecked: boolean): Buffer | null | undefined {
  const { method, type, violation, payload } = record
  if (payload === null || payload === undefined) return null
  const isHarmless =
    isChecked && violation === null && HARMLESS.has(method) && (type === 'CALL' || type === 'CALLRESULT')
  try {
    if (isHarmless) {
      const text = JSON.stringify(payload)
      if (!mayHideSecrets(text)) return Buffer.from(text)
    }
    return Buffer.from(JSON.stringify(maskPayload(payload)))
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Where a schema leaves room: what vendors add to OCPP 2.x, and texts with addresses. */
const mayHideSecrets = (text: string): boolean =>
  text.includes('"customData"') || text.includes('://') || text.includes('=')

/** Masked first: a secret that is cut in two would not be known as one. */
function cutRaw(raw: string): string {
  const bytes = Buffer.from(maskText(raw).replaceAll('\0', '\ufffd'))
  return bytes.length <= RAW_BYTES
    ? bytes.toString()
    : bytes
        .subarray(0, RAW_BYTES)
        .toString()
        .replace(/\ufffd+$/, '')
}

/** Postgres has no character NUL in text. */
const cleaned = (text: string | null) => (text === null ? null : text.slice(0, LONGEST_NAME).replaceAll('\0', '\ufffd'))
