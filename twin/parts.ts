import type { Sample } from './connector.ts'

export type ComponentHealth = NonNullable<Sample['component_health']>

/** How often a charger tells of its parts, in milliseconds. */
const INTERVAL = 60_000
const KWH_OF_A_SESSION = 25
const CONTACTOR_LIFE = 100_000
const INVERTER_LIFE = 20_000

/** The parts of a charger that wear out or warm up, as one of its connectors sees them. */
export class Parts {
  #cycles: number
  #discharges: number
  /** kOhm */
  readonly #isolation: number
  readonly #givesBack: boolean
  #flows = false
  #testedAt = 0
  #reportedAt = Number.NEGATIVE_INFINITY

  /** @param meter what went through the connector so far, kWh: its parts have aged with that */
  constructor(meter: number, givesBack: boolean) {
    this.#cycles = Math.floor(meter / KWH_OF_A_SESSION) % CONTACTOR_LIFE
    this.#discharges = Math.floor(this.#cycles / 10)
    this.#isolation = Math.max(1500, 8000 - Math.round(this.#cycles / 20))
    this.#givesBack = givesBack
  }

  /** The contactor closes when energy begins to flow, and the isolation is tested before that. */
  follow(state: Sample['state'], now: number): void {
    const flows = state === 'charging' || state === 'discharging'
    if (flows && !this.#flows) {
      this.#cycles++
      if (state === 'discharging') this.#discharges++
      this.#testedAt = now
    }
    this.#flows = flows
  }

  /**
   * @param load the share of its rating that the connector gives, 0 to 1
   * @param temperature at the connector, degrees Celsius
   * @returns undefined while the last report is not a minute old
   */
  report(now: number, load: number, temperature: number): ComponentHealth | undefined {
    if (now - this.#reportedAt < INTERVAL) return undefined
    this.#reportedAt = now
    const warm = (rise: number) => Math.round((temperature + rise * load) * 10) / 10
    return {
      contactor_cycles: this.#cycles,
      contactor_max_cycles: CONTACTOR_LIFE,
      cooling_fan_rpm: Math.round(1900 + 2600 * load),
      cooling_fan_status: 'ok',
      internal_temps: { power_module: warm(35), control_board: warm(8), ac_inlet: warm(6), dc_outlet: warm(10) },
      relay_state: this.#flows ? 'closed' : 'open',
      isolation_test_kohms: this.#isolation,
      last_isolation_test: new Date(this.#testedAt || now).toISOString(),
      ...(this.#givesBack
        ? {
            bidirectional_inverter_cycles: this.#discharges,
            bidirectional_inverter_max_cycles: INVERTER_LIFE,
            harmonic_distortion_v2g_pct: 2.1,
            discharge_contactor_cycles: this.#discharges,
          }
        : {}),
    }
  }
}
