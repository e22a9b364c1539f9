import type { Supply } from './vehicle.ts'

/** A charger model of the fleet, as its data sheet has it. Powers in kW. */
export interface ChargerModel {
  model: string
  manufacturer: string
  supply: Supply
  connectors: number
  /** Rating of the whole charger; its connectors share it. */
  power: number
  /** 0 when it cannot discharge. */
  dischargePower: number
  firmware: string
}

const AC22: ChargerModel = {
  model: 'TP-AC22',
  manufacturer: 'Tellus Power',
  supply: 'AC',
  connectors: 1,
  power: 22,
  dischargePower: 0,
  firmware: '1.5.0',
}
const DC180: ChargerModel = { ...AC22, model: 'TP-DC180', supply: 'DC', connectors: 2, power: 180, firmware: '3.0.2' }
const V2G180: ChargerModel = { ...DC180, model: 'TP-DC180-V2G', dischargePower: 60, firmware: '260101.0900' }

/** Every fleet has these in turn, so that also a small one has all three kinds. */
const MIX = [DC180, V2G180, AC22, AC22, DC180, AC22]

/** The model of the charger with this index in the fleet. */
export const modelOf = (index: number): ChargerModel => MIX[index % MIX.length]!
