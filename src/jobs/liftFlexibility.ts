import type { Knex } from 'knex'
import * as commands from '../store/commands.ts'
import * as flexibility from '../store/flexibility.ts'
import type { LiftJob } from './jobs.ts'

/**
 * At the end of a flexibility control: gives every connector that it limited its full power back, once, or what another
 * control that is still in force leaves it.
 */
export async function liftFlexibility(db: Knex, { controlId }: LiftJob, commandExpirySeconds: number): Promise<void> {
  await db.transaction(async transaction => {
    const limited = await flexibility.lift(transaction, controlId)
    await commands.queue(
      transaction,
      limited.map(({ tenant_id, device_id, connector_id, limit }) => ({
        tenantId: tenant_id,
        deviceId: device_id,
        connectorId: connector_id,
        command: 'set_power_limit',
        params: limit ?? { connector_id, power_limit_percent: 100, reason: 'lifted' },
        requestedBy: `flexibility:${controlId}`,
        expiresIn: commandExpirySeconds,
        controlId,
      })),
    )
  })
}
