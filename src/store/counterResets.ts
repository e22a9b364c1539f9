import type { Knex } from 'knex'
import { instant } from './instant.ts'

/** What counts wear and is set back by hand when its part is replaced. */
export type Counter = 'contactor' | 'discharge_contactor' | 'fan'

export type CounterResets = Record<Counter, { last_reset_at: string | null }>

/** Notes that a command has just set a counter back. */
export async function note(db: Knex, deviceId: string, counter: Counter, commandId: string): Promise<void> {
  await db('core.counter_resets')
    .insert({ device_id: deviceId, counter, command_id: commandId, last_reset_at: db.fn.now() })
    .onConflict(['device_id', 'counter'])
    .merge(['command_id', 'last_reset_at'])
}

/** When each counter of a charger was last set back by a command. */
export async function list(db: Knex, deviceId: string): Promise<CounterResets> {
  const { rows } = await db.raw<{ rows: { counter: Counter; last_reset_at: string }[] }>(
    `select counter, ${instant('last_reset_at')} as last_reset_at from core.counter_resets where device_id = ?`,
    [deviceId],
  )
  const of = (counter: Counter) => ({
    last_reset_at: rows.find(row => row.counter === counter)?.last_reset_at ?? null,
  })
  return { contactor: of('contactor'), discharge_contactor: of('discharge_contactor'), fan: of('fan') }
}
