import type { Knex } from 'knex'

/** Notes that a charger spoke, by our clock: its own may be wrong. */
export async function note(db: Knex, deviceId: string, status: string, faultCode: string | null): Promise<void> {
  await db('core.devices')
    .where({ device_id: deviceId })
    .update({ last_heartbeat_at: db.fn.now(), heartbeat_status: status, fault_code: faultCode })
}
