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

/** The fields that the contract knows: whatever else a charger sends would be kept with every sample, and told in every list. */
export function knownHealth(health: ComponentHealth): ComponentHealth {
  const { power_module, control_board, ac_inlet, dc_outlet } = health.internal_temps
  return {
    contactor_cycles: health.contactor_cycles,
    contactor_max_cycles: health.contactor_max_cycles,
    cooling_fan_rpm: health.cooling_fan_rpm,
    cooling_fan_status: health.cooling_fan_status,
    internal_temps: { power_module, control_board, ac_inlet, dc_outlet },
    relay_state: health.relay_state,
    isolation_test_kohms: health.isolation_test_kohms,
    last_isolation_test: health.last_isolation_test,
    bidirectional_inverter_cycles: health.bidirectional_inverter_cycles,
    bidirectional_inverter_max_cycles: health.bidirectional_inverter_max_cycles,
    harmonic_distortion_v2g_pct: health.harmonic_distortion_v2g_pct,
    discharge_contactor_cycles: health.discharge_contactor_cycles,
  }
}
