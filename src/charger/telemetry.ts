import type { DeviceCaller } from '../auth/caller.ts'
import { type ComponentHealth, knownHealth } from '../componentHealth/componentHealth.ts'
import { invalid } from '../errors.ts'
import type { Reading } from '../store/readings.ts'

const MINUTE = 60_000
/** A report dated further ahead is a broken clock. */
const REFUSED_AHEAD = 24 * 60 * MINUTE
/** A report dated further ahead is kept, but says nothing about now. */
const LIVE_AHEAD = 5 * MINUTE

interface PhaseReading {
  /** V */
  voltage: number
  /** A */
  current: number
}

type Phases = Partial<Record<'phase_a' | 'phase_b' | 'phase_c', PhaseReading>>

export interface Sample {
  timestamp: string
  connector_id: number
  state: string
  /** V */
  voltage: number
  /** A */
  current: number
  /** kW, negative while discharging */
  power: number
  /** kWh */
  energy_delivered: number
  /** % */
  soc: number
  /** degrees Celsius */
  temperature?: number
  fault_code?: number | string
  phase_details?: Phases
  component_health?: ComponentHealth
}

/**
 * A charger's sample as the row to store. `preparing` is a word of older chargers for an idle connector with a vehicle.
 *
 * @throws invalid when it is dated more than 24 hours ahead
 */
export function toReading(caller: DeviceCaller, sample: Sample, now = Date.now()): Reading {
  const { time, live } = reportedAt(sample.timestamp, now)
  return {
    tenantId: caller.tenantId,
    deviceId: caller.deviceId,
    connectorId: sample.connector_id,
    time,
    state: sample.state === 'preparing' ? 'idle' : sample.state,
    voltage: sample.voltage,
    current: sample.current,
    power: sample.power,
    energyDelivered: sample.energy_delivered,
    soc: sample.soc,
    temperature: sample.temperature ?? null,
    faultCode: faultCode(sample.fault_code),
    phaseDetails: sample.phase_details === undefined ? null : JSON.stringify(knownPhases(sample.phase_details)),
    componentHealth:
      sample.component_health === undefined ? null : JSON.stringify(knownHealth(sample.component_health)),
    live,
  }
}

/**
 * When a charger says that something was, and whether that may say anything about now.
 *
 * @throws invalid when it is more than 24 hours ahead
 */
export function reportedAt(timestamp: string, now: number): { time: Date; live: boolean } {
  const time = new Date(timestamp)
  const ahead = time.getTime() - now
  if (ahead > REFUSED_AHEAD) throw invalid('timestamp', 'timestamp is more than 24 hours ahead')
  return { time, live: ahead <= LIVE_AHEAD }
}

const knownPhases = ({ phase_a, phase_b, phase_c }: Phases) => ({
  phase_a: phase_a && knownReading(phase_a),
  phase_b: phase_b && knownReading(phase_b),
  phase_c: phase_c && knownReading(phase_c),
})

const knownReading = ({ voltage, current }: PhaseReading): PhaseReading => ({ voltage, current })

/** Fault codes are text `F-0204`; older chargers send the number. 0 and `F-0000` are none. */
export function faultCode(code: number | string | undefined): string | null {
  if (code === undefined || code === 0 || code === 'F-0000') return null
  return typeof code === 'number' ? `F-${String(code).padStart(4, '0')}` : code
}
