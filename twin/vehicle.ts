import { readFileSync } from 'node:fs'
import { type Curve, parseCurve, powerAt } from './curve.ts'
import type { Random } from './random.ts'

/** What a make of vehicle can do. */
export interface VehicleModel {
  name: string
  /** kWh that can be used */
  capacity: number
  /** Rating of the on-board charger, kW. */
  acPower: number
  /** Phases that the on-board charger uses, 1 to 3. */
  acPhases: number
  dcCurve: Curve
}

/** One vehicle at a connector. */
export interface Vehicle {
  model: VehicleModel
  vin: string
  /** How full it is, percent. */
  soc: number
  /** Where its driver wants it, percent. */
  wantedSoc: number
  /** What it can give back in kW; 0 when it cannot. */
  dischargePower: number
}

export type Supply = 'AC' | 'DC'

/** Share of what leaves the connector that reaches the battery; AC is also converted in the vehicle. */
const EFFICIENCY: Record<Supply, number> = { AC: 0.9, DC: 0.95 }
/** Batteries take a little until they are full, whatever the measured curve says of its last point. */
const LEAST_POWER = 1
/** What one phase of 32 A carries, kW. */
const PHASE_POWER = 22 / 3
const VIN_LETTERS = '0123456789ABCDEFGHJKLMNPRSTUVWXYZ'

const VEHICLES: VehicleModel[] = table('vehicles.csv').map(([name, capacity, acPower, acPhases, curve]) => ({
  name: name!,
  capacity: Number(capacity),
  acPower: Number(acPower),
  acPhases: Number(acPhases),
  dcCurve: parseCurve(curve!),
}))

const STAYS = table('sessions.csv').map(row => row.map(Number) as [arrival: number, departure: number])

function table(file: string): string[][] {
  const text = readFileSync(new URL(`data/${file}`, import.meta.url), 'utf8')
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map(line => line.split(','))
}

/** A vehicle as it arrives, with states of charge as drivers were seen to arrive and leave. */
export function drawVehicle(random: Random, supply: Supply, givesBack: boolean): Vehicle {
  const model = random.pick(VEHICLES)
  const [arrival, departure] = random.pick(STAYS)
  const vin = Array.from({ length: 11 }, () => random.pick([...VIN_LETTERS])).join('')
  return {
    model,
    vin: `TWNSVM${vin}`,
    soc: arrival,
    // Who charges on AC stays long and mostly wants the battery full.
    wantedSoc: supply === 'AC' && random.chance(0.6) ? 100 : Math.max(departure, Math.min(arrival + 5, 100)),
    dischargePower: givesBack ? Math.min(60, powerAt(model.dcCurve, 50)) : 0,
  }
}

/** The most the vehicle takes now, in kW at the connector. */
export function acceptedPower({ model, soc }: Vehicle, supply: Supply): number {
  if (soc >= 100) return 0
  const battery = Math.max(LEAST_POWER, powerAt(model.dcCurve, soc))
  if (supply === 'DC') return battery
  return Math.min(battery, model.acPower, model.acPhases * PHASE_POWER)
}

/** Percent of charge per hour at a power in kW at the connector, both negative when the vehicle gives. */
export function socPerHour({ model }: Vehicle, supply: Supply, power: number): number {
  // What flows back loses on the way out, so the battery gives more than the connector sees.
  const atBattery = power >= 0 ? power * EFFICIENCY[supply] : power / EFFICIENCY[supply]
  return (100 * atBattery) / model.capacity
}
