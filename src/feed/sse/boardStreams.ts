import { toMessage, toSecurityEvent } from '../../board/items.ts'
import { toTelemetry } from '../../board/numbers.ts'
import type { MessageFacts } from '../../board/wantsMessage.ts'
import type { Services } from '../../services.ts'
import type { SecurityEventRow } from '../../store/boardEvents.ts'
import { type MessageRow, UNREADABLE } from '../../store/boardMessages.ts'
import { readNumbers } from '../../store/boardNumbers.ts'
import { insertsInto } from './changes.ts'
import { EventStream } from './eventStream.ts'
import { StreamSessions } from './sessions.ts'
import { snapshots } from './ticks.ts'

/** The event streams of the board. */
export class BoardStreams {
  readonly messages: EventStream<MessageFacts>
  readonly security: EventStream<undefined>
  readonly telemetry: EventStream<undefined>

  constructor(services: Pick<Services, 'config' | 'db' | 'feed' | 'metrics' | 'log' | 'draining'>) {
    const { db, log } = services
    const sessions = new StreamSessions(services)
    this.messages = new EventStream(services, sessions, insertsInto(services, 'ocpp.messages', 'message', showMessage))
    this.security = new EventStream(
      services,
      sessions,
      insertsInto(services, 'ocpp.security_events', 'security', showSecurityEvent),
    )
    const take = async (tenantId: string) => toTelemetry(await readNumbers(db, tenantId))
    this.telemetry = new EventStream(services, sessions, snapshots(log, 'telemetry', take))
  }
}

function showMessage(row: Record<string, unknown>) {
  if (row.type === UNREADABLE) return undefined
  const message = { ...row, timestamp: (row.time as Date).toISOString() } as unknown as MessageRow
  const { identity, method, direction, type } = message
  return { tenantId: row.tenant_id as string, item: toMessage(message), facts: { identity, method, direction, type } }
}

function showSecurityEvent({ tenant_id, ...row }: Record<string, unknown>) {
  const item = toSecurityEvent(row as unknown as SecurityEventRow)
  return { tenantId: tenant_id as string, item, facts: undefined }
}
