import { StartError } from '../errors.ts'
import { MOST } from './shown.ts'

/** From which value on a part is worth a warning, or broken. Shares of a life in percent, temperatures in degrees. */
export const THRESHOLDS = {
  cycles_warning_pct: 80,
  cycles_fault_pct: 100,
  fan_warning_rpm: 1800,
  isolation_fault_kohms: 1000,
  /** A falling isolation that gets there within so many days. */
  isolation_warning_days: 30,
  power_module_warning_c: 80,
  power_module_fault_c: 95,
  control_board_warning_c: 70,
  control_board_fault_c: 85,
  ac_inlet_warning_c: 75,
  ac_inlet_fault_c: 90,
  dc_outlet_warning_c: 75,
  dc_outlet_fault_c: 90,
  harmonics_warning_pct: 5,
  harmonics_fault_pct: 8,
}

export type Thresholds = typeof THRESHOLDS

/** `{"fan_warning_rpm": 1500, ...}` as JSON: what differs from the defaults. @throws StartError for anything else */
export function readThresholds(text: string | undefined): Thresholds {
  if (text === undefined || text === '') return THRESHOLDS
  const refuse = (reason: string) => new StartError(`COMPONENT_THRESHOLDS ${reason}`)
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch {
    throw refuse('is not JSON')
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw refuse('must be a JSON object')
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(THRESHOLDS, name)) throw refuse(`has no ${name}; it has ${Object.keys(THRESHOLDS).join(', ')}`)
    if (typeof value !== 'number' || value < 0 || value > MOST)
      throw refuse(`: ${name} must be a number from 0 to ${MOST}`)
  }
  return { ...THRESHOLDS, ...given }
}
