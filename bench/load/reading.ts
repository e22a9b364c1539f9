/** Each connection reports for a device of its own, and each reading has a millisecond of its own. */
let newest = Date.now()

export const nextTime = (): string => new Date(++newest).toISOString()

/** A meter reading that nobody has sent before, with values as a meter has them. */
export const newReading = (connection: number, time = nextTime()) => ({
  device_id: `00000000-0000-4000-8000-${String(connection).padStart(12, '0')}`,
  time,
  frequency: 50.01,
  voltage_line_average: 415.2,
  current_phase_average: 180.5,
  power_total_active: 125.5,
  power_factor_total: 0.98,
  energy_imported_active: 1234.56,
  energy_exported_active: 12.5,
})
