/** `component_health` of a charger's telemetry, as the contract has it. */
export interface ComponentHealth {
  contactor_cycles: number
  contactor_max_cycles: number
  cooling_fan_rpm: number
  cooling_fan_status: 'ok' | 'warning' | 'fault'
  /** degrees Celsius */
  internal_temps: { power_module: number; control_board: number; ac_inlet: number; dc_outlet: number }
  relay_state: 'closed' | 'open' | 'fault'
  isolation_test_kohms: number
  last_isolation_test: string
  bidirectional_inverter_cycles?: number
  bidirectional_inverter_max_cycles?: number
  /** % */
  harmonic_distortion_v2g_pct?: number
  discharge_contactor_cycles?: number
}

/** What was reported at one time. */
export interface Report {
  timestamp: string
  connector_id: number
  component_health: ComponentHealth
}
