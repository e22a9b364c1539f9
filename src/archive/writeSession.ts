import { stringify } from 'csv-stringify/sync'
import { preferredType } from '../http/accept.ts'
import type { WrittenReply } from '../operation.ts'
import type { ChargingRecord } from '../store/chargingRecords.ts'
import type { SessionTelemetry } from '../store/sessionTelemetry.ts'

const COLUMNS = [
  'timestamp',
  'connector_id',
  'state',
  'voltage',
  'current',
  'power',
  'energy_delivered',
  'soc',
  'temperature',
  'fault_code',
  'phase_details',
  'component_health',
]

/** From the finest to the coarsest. */
const TIERS = ['raw', 'minute', 'summary'] as const

/** The answer in the media type that the caller prefers. The samples are text already, one JSON object per line. */
export function writeSession(
  record: ChargingRecord,
  { samples, faults, segments }: SessionTelemetry,
  accept: string | undefined,
): WrittenReply {
  const contentType = preferredType(accept, ['application/json', 'application/x-ndjson', 'text/csv'])
  const reply = (body: string): WrittenReply => ({
    status: 200,
    headers: { Vary: 'Origin, Accept' },
    contentType,
    body,
  })
  if (contentType === 'application/x-ndjson') return reply(samples === '' ? '' : `${samples}\n`)
  const items = `[${samples.replaceAll('\n', ',')}]`
  if (contentType === 'text/csv')
    return reply(
      stringify(JSON.parse(items) as object[], {
        header: true,
        columns: COLUMNS,
        cast: { object: value => JSON.stringify(value) },
      }),
    )
  const { record_id, device_id, connector_id, start_time, end_time } = record
  const about = JSON.stringify({
    record_id,
    device_id,
    connector_id,
    start_time,
    end_time,
    tier: TIERS.findLast(tier => segments.some(segment => segment.tier === tier)) ?? null,
    resolution_seconds: coarsest(segments.map(segment => segment.resolution_seconds)),
    events: faults,
    segments,
  })
  return reply(`{"code":0,"message":"success","data":${about.slice(0, -1)},"items":${items}}}`)
}

function coarsest(resolutions: (number | null)[]): number | null {
  const known = resolutions.filter(resolution => resolution !== null)
  return known.length === 0 ? null : Math.max(...known)
}
