import type { Knex } from 'knex'
import type { Station } from '../ocpp/action.ts'

/** What a monitor of a station noticed. */
export interface MonitoringEvent {
  eventId: number
  time: Date
  monitorId: number | undefined
  component: object
  variable: object
  trigger: string
  actualValue: string
  transactionId: string | undefined
  details: Record<string, unknown>
}

/** Keeps events; a retry of one that is known changes nothing. */
export async function store(db: Knex, { tenantId, identity }: Station, events: MonitoringEvent[]): Promise<void> {
  if (events.length === 0) return
  await db('ocpp.monitoring_events')
    .insert(
      events.map(event => ({
        tenant_id: tenantId,
        identity,
        event_id: event.eventId,
        time: event.time,
        monitor_id: event.monitorId ?? null,
        component: JSON.stringify(event.component),
        variable: JSON.stringify(event.variable),
        trigger: event.trigger,
        actual_value: event.actualValue,
        transaction_id: event.transactionId ?? null,
        details: JSON.stringify(event.details),
      })),
    )
    .onConflict(['identity', 'time', 'event_id'])
    .ignore()
}

/** Forgets events of more than so many days ago. */
export async function removeOld(db: Knex, days: number): Promise<void> {
  await db('ocpp.monitoring_events').whereRaw('time < now() - make_interval(days => ?)', [days]).delete()
}
