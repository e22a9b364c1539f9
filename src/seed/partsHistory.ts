import type { ComponentHealth } from '../componentHealth/componentHealth.ts'

const DAYS = 14
const CONTACTOR_LIFE = 100_000
const INVERTER_LIFE = 20_000

/** A report of a charger's parts for each of the last two weeks' nights, oldest first. */
export function* partsHistory(
  { discharges, now }: { discharges: boolean; now: Date },
  random: () => number,
): Generator<{ time: Date; health: ComponentHealth }> {
  const perDay = 20 + Math.floor(random() * 30)
  const cycles = Math.floor(random() * 0.9 * CONTACTOR_LIFE)
  const isolation = 3000 + Math.floor(random() * 5000)
  const ageing = Math.floor(random() * 40)
  for (let day = DAYS; day >= 0; day--) {
    const time = new Date(now.getTime() - day * 86_400_000 - 3_600_000)
    const health: ComponentHealth = {
      contactor_cycles: cycles + (DAYS - day) * perDay,
      contactor_max_cycles: CONTACTOR_LIFE,
      cooling_fan_rpm: 2300 + Math.floor(random() * 200),
      cooling_fan_status: 'ok',
      internal_temps: { power_module: 38.5, control_board: 31, ac_inlet: 27.5, dc_outlet: 28 },
      relay_state: 'open',
      isolation_test_kohms: isolation - (DAYS - day) * ageing,
      last_isolation_test: time.toISOString(),
    }
    const v2g = {
      bidirectional_inverter_cycles: Math.floor(health.contactor_cycles / 10),
      bidirectional_inverter_max_cycles: INVERTER_LIFE,
      harmonic_distortion_v2g_pct: 2.1,
      discharge_contactor_cycles: Math.floor(health.contactor_cycles / 10),
    }
    yield { time, health: discharges ? { ...health, ...v2g } : health }
  }
}
