import type { Sample } from './connector.ts'
import type { Supply } from './vehicle.ts'

/** What a charger counts of its parts. */
export interface Counts {
  contactor: number
  dischargeContactor: number
}

/** How often a contactor may close in its life. */
const MOST_CYCLES: Record<Supply, number> = { AC: 60_000, DC: 100_000 }

/** The parts of a charger that wear, counted over all its connectors. */
export class Parts {
  readonly counts: Counts
  readonly #supply: Supply
  readonly #givesBack: boolean

  constructor(counts: Counts, supply: Supply, givesBack: boolean) {
    this.counts = counts
    this.#supply = supply
    this.#givesBack = givesBack
  }

  /** A session begins. */
  close(mode: 'charge' | 'discharge'): void {
    this.counts.contactor++
    if (mode === 'discharge') this.counts.dischargeContactor++
  }

  /** A part was replaced. */
  reset(contactor: 'main' | 'discharge'): void {
    this.counts[contactor === 'main' ? 'contactor' : 'dischargeContactor'] = 0
  }

  /** As telemetry has it, at an instant in simulated milliseconds. */
  health(now: number, isActive: boolean): NonNullable<Sample['component_health']> {
    const most = MOST_CYCLES[this.#supply]
    return {
      contactor_cycles: this.counts.contactor,
      contactor_max_cycles: most,
      cooling_fan_rpm: isActive ? 2600 : 2100,
      cooling_fan_status: 'ok',
      internal_temps: isActive
        ? { power_module: 61, control_board: 44, ac_inlet: 38, dc_outlet: 42 }
        : { power_module: 31, control_board: 33, ac_inlet: 27, dc_outlet: 27 },
      relay_state: isActive ? 'closed' : 'open',
      isolation_test_kohms: 5200,
      last_isolation_test: new Date(now).toISOString(),
      ...(this.#givesBack && {
        bidirectional_inverter_cycles: this.counts.dischargeContactor,
        bidirectional_inverter_max_cycles: most,
        harmonic_distortion_v2g_pct: 2.1,
        discharge_contactor_cycles: this.counts.dischargeContactor,
      }),
    }
  }
}
