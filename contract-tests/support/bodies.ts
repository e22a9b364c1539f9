import { randomUUID } from 'node:crypto'

/** Bodies that chargers send, right in every field but those that a test changes. */

type Change = object

/** Telemetry of now: 180 kW into a vehicle at connector 1. */
export const sample = (change: Change = {}) => ({
  timestamp: new Date().toISOString(),
  connector_id: 1,
  state: 'charging',
  voltage: 400,
  current: 450,
  power: 180,
  energy_delivered: 1.5,
  soc: 42,
  ...change,
})

/** What a charger that cannot discharge says of its parts. */
export const componentHealth = (change: Change = {}) => ({
  contactor_cycles: 84_210,
  contactor_max_cycles: 100_000,
  cooling_fan_rpm: 2400,
  cooling_fan_status: 'ok',
  internal_temps: { power_module: 61.5, control_board: 44, ac_inlet: 38.2, dc_outlet: 41.7 },
  relay_state: 'closed',
  isolation_test_kohms: 5200,
  last_isolation_test: '2026-05-10T13:40:00Z',
  ...change,
})

/** The record of a session of half an hour, yesterday. */
export const record = (change: Change = {}) => {
  const start = Date.now() - 24 * 3_600_000
  return {
    record_id: randomUUID() as string,
    connector_id: 1,
    start_time: new Date(start).toISOString(),
    end_time: new Date(start + 1_800_000).toISOString(),
    energy: 12.5,
    max_power: 180,
    cost: 4.38,
    currency: 'GBP',
    stop_reason: 'soc_target_reached',
    ...change,
  }
}

export const site = (change: Change = {}) => ({
  site_id: randomUUID() as string,
  name: 'Coventry Gateway',
  address: '1 Station Square, Coventry',
  postcode: 'CV1 2GT',
  lat: 52.42,
  lng: -1.5,
  power_capacity: 176,
  device_ids: [] as string[],
  ...change,
})

/** An instant so many seconds from now. */
export const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString()
