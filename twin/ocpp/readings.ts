import type { Sample } from '../connector.ts'

/** One measured value, in the words that both versions share. */
export interface Reading {
  measurand: string
  value: number
  unit: string
  phase?: 'L1' | 'L2' | 'L3'
  location?: 'Outlet' | 'EV' | 'Body'
}

export type Context = 'Transaction.Begin' | 'Sample.Periodic' | 'Sample.Clock' | 'Transaction.End' | 'Trigger'

const PHASES = [
  ['phase_a', 'L1'],
  ['phase_b', 'L2'],
  ['phase_c', 'L3'],
] as const

/**
 * What a station reports of a sample, of the measurands that were asked for.
 *
 * @param meter reading of the energy meter, Wh
 */
export function readingsOf(sample: Sample, meter: number, measurands: readonly string[]): Reading[] {
  const { power, voltage, current, soc, temperature, phase_details } = sample
  const readings: Reading[] = [
    { measurand: 'Energy.Active.Import.Register', value: meter, unit: 'Wh', location: 'Outlet' },
    { measurand: 'Power.Active.Import', value: Math.round(power * 1000), unit: 'W', location: 'Outlet' },
  ]
  if (phase_details === undefined) {
    // An AC charger does not talk to the vehicle.
    readings.push({ measurand: 'SoC', value: soc ?? 0, unit: 'Percent', location: 'EV' })
    readings.push({ measurand: 'Current.Import', value: current, unit: 'A', location: 'Outlet' })
    readings.push({ measurand: 'Voltage', value: voltage, unit: 'V', location: 'Outlet' })
  } else
    for (const [name, phase] of PHASES) {
      const { current: ofPhase = 0, voltage: volts = 0 } = phase_details[name] ?? {}
      readings.push({ measurand: 'Current.Import', value: ofPhase, unit: 'A', phase, location: 'Outlet' })
      readings.push({ measurand: 'Voltage', value: volts, unit: 'V', phase, location: 'Outlet' })
    }
  readings.push({ measurand: 'Temperature', value: temperature ?? 0, unit: 'Celsius', location: 'Body' })
  return readings.filter(({ measurand }) => measurands.includes(measurand))
}
