import type { ComponentHealth } from './componentHealth.ts'
import { shown } from './shown.ts'
import type { Thresholds } from './thresholds.ts'
import type { Trend } from './wear.ts'

export type Word = 'ok' | 'warning' | 'fault'

/** What we make of one part. Values have the unit that their part is measured in. */
export interface Verdict {
  component: Component
  verdict: Word
  reason: string
  value: number | null
  warning_at: number | null
  fault_at: number | null
}

export type Component =
  | 'contactor'
  | 'cooling_fan'
  | 'relay'
  | 'isolation'
  | 'power_module'
  | 'control_board'
  | 'ac_inlet'
  | 'dc_outlet'
  | 'bidirectional_inverter'
  | 'discharge_contactor'
  | 'harmonics'

const WORDS: Word[] = ['ok', 'warning', 'fault']
const rank = (word: Word) => WORDS.indexOf(word)

export const worst = (words: Word[]): Word => WORDS[Math.max(0, ...words.map(rank))]!

/** One verdict for each part that the charger reports. */
export function verdictsOn(health: ComponentHealth, isolation: Trend, thresholds: Thresholds): Verdict[] {
  const verdicts = [
    worn('contactor', health.contactor_cycles, health.contactor_max_cycles, thresholds),
    fan(health, thresholds),
    relay(health),
    insulation(health, isolation, thresholds),
    ...TEMPERATURES.map(place => temperature(place, health.internal_temps[place], thresholds)),
  ]
  const { bidirectional_inverter_cycles: inverter, bidirectional_inverter_max_cycles: most } = health
  if (inverter !== undefined && most !== undefined)
    verdicts.push(worn('bidirectional_inverter', inverter, most, thresholds))
  const { discharge_contactor_cycles: discharges, harmonic_distortion_v2g_pct: distortion } = health
  // It is of the same make as the other one, whose life is known.
  if (discharges !== undefined)
    verdicts.push(worn('discharge_contactor', discharges, health.contactor_max_cycles, thresholds))
  if (distortion !== undefined) {
    const { harmonics_warning_pct: warning, harmonics_fault_pct: fault } = thresholds
    verdicts.push(above('harmonics', distortion, [warning, fault], `the distortion is ${distortion} %`))
  }
  return verdicts
}

const TEMPERATURES = ['power_module', 'control_board', 'ac_inlet', 'dc_outlet'] as const

function worn(component: Component, cycles: number, most: number, thresholds: Thresholds): Verdict {
  const share = shown((cycles / most) * 100)
  const { cycles_warning_pct: warning, cycles_fault_pct: fault } = thresholds
  return above(component, share, [warning, fault], `${share} % of its life is used up`)
}

function temperature(place: (typeof TEMPERATURES)[number], value: number, thresholds: Thresholds): Verdict {
  const limits: [number, number] = [thresholds[`${place}_warning_c`], thresholds[`${place}_fault_c`]]
  return above(place, value, limits, `it has ${value} °C`)
}

function above(component: Component, value: number, [warning, fault]: [number, number], reason: string): Verdict {
  const verdict = value >= fault ? 'fault' : value >= warning ? 'warning' : 'ok'
  return { component, verdict, reason, value, warning_at: warning, fault_at: fault }
}

/** The charger's own word counts where it is worse than what the speed says. */
function fan({ cooling_fan_rpm: rpm, cooling_fan_status: said }: ComponentHealth, thresholds: Thresholds): Verdict {
  const { fan_warning_rpm: slow } = thresholds
  const seen: Word = rpm < slow ? 'warning' : 'ok'
  const reason =
    rank(said) > rank(seen)
      ? `the charger calls it ${said}`
      : seen === 'ok'
        ? `it turns at ${rpm} rpm`
        : `it turns at ${rpm} rpm, slower than ${slow}`
  return {
    component: 'cooling_fan',
    verdict: worst([seen, said]),
    reason,
    value: rpm,
    warning_at: slow,
    fault_at: null,
  }
}

function relay({ relay_state: state }: ComponentHealth): Verdict {
  const verdict = state === 'fault' ? 'fault' : 'ok'
  return { component: 'relay', verdict, reason: `it is ${state}`, value: null, warning_at: null, fault_at: null }
}

function insulation(health: ComponentHealth, { days_to_fault: days }: Trend, thresholds: Thresholds): Verdict {
  const { isolation_test_kohms: value } = health
  const { isolation_fault_kohms: least, isolation_warning_days: soon } = thresholds
  const verdict = value < least ? 'fault' : days !== null && days <= soon ? 'warning' : 'ok'
  const reason =
    verdict === 'fault'
      ? `${value} kOhm is less than ${least}`
      : verdict === 'warning'
        ? `it falls, and would be under ${least} kOhm in ${days} days`
        : `it has ${value} kOhm`
  return { component: 'isolation', verdict, reason, value, warning_at: null, fault_at: least }
}
