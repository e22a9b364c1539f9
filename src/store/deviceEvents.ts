import type { Knex } from 'knex'

export interface DeviceEvent {
  tenantId: string
  deviceId: string
  connectorId: number
  eventType: string
  time: Date
  data: Record<string, unknown>
  /** False for an event from the far future, which says nothing about now. */
  live: boolean
  /** What the event says of the connector; null for an event that moves nothing. */
  move: ConnectorMove | null
}

export type ConnectorState = 'idle' | 'preparing' | 'charging' | 'discharging' | 'fault' | 'unavailable'

export interface ConnectorMove {
  state?: ConnectorState
  vehicleConnected?: boolean
  faultCode?: string | null
}

const keyOf = ({ deviceId, connectorId }: DeviceEvent) => ({ device_id: deviceId, connector_id: connectorId })

/** Stores the event and, unless something newer is known, moves the connector's live state. */
export async function store(db: Knex, event: DeviceEvent): Promise<void> {
  await db.transaction(async transaction => {
    await transaction('telemetry.device_events').insert({
      tenant_id: event.tenantId,
      device_id: event.deviceId,
      connector_id: event.connectorId,
      event_type: event.eventType,
      time: event.time,
      data: JSON.stringify(event.data),
    })
    if (event.move !== null) await move(transaction, event, event.move)
    // A connector exists from the first time that its charger speaks of it.
    else if (event.live)
      await transaction('core.connectors').insert(keyOf(event)).onConflict(['device_id', 'connector_id']).ignore()
  })
}

/** Moves a connector's live state unless something newer is known. What does not flow any more has no power. */
export async function move(
  db: Knex,
  { deviceId, connectorId, time }: Pick<DeviceEvent, 'deviceId' | 'connectorId' | 'time'>,
  { state, vehicleConnected, faultCode }: ConnectorMove,
): Promise<void> {
  await db.raw(
    `insert into core.connectors as c (device_id, connector_id, state, vehicle_connected, fault_code, state_at)
     values (:deviceId, :connectorId, coalesce(:state::text, 'idle'), :vehicleConnected::boolean, :faultCode, :time)
     on conflict (device_id, connector_id) do update set
       state = coalesce(:state::text, c.state),
       vehicle_connected = coalesce(:vehicleConnected::boolean, c.vehicle_connected),
       power_kw = case when :state::text is null or :state in ('charging', 'discharging') then c.power_kw else 0 end,
       current_a = case when :state::text is null or :state in ('charging', 'discharging') then c.current_a else 0 end,
       soc_percent = case when :vehicleConnected::boolean = false then null else c.soc_percent end,
       fault_code = case when :state::text is null then c.fault_code else :faultCode::text end,
       state_at = excluded.state_at
     where c.state_at is null or c.state_at <= excluded.state_at`,
    {
      deviceId,
      connectorId,
      time,
      state: state ?? null,
      vehicleConnected: vehicleConnected ?? null,
      faultCode: faultCode ?? null,
    },
  )
}
