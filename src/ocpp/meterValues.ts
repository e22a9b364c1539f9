/** One value of a MeterValues, StopTransaction or TransactionEvent, of OCPP 1.6 (text and unit) or 2.x (number and unitOfMeasure). */
export interface SampledValue {
  value: string | number
  context?: string
  format?: string
  measurand?: string
  phase?: string
  location?: string
  unit?: string
  unitOfMeasure?: { unit?: string; multiplier?: number }
}

export interface MeterValue {
  timestamp: string
  sampledValue: SampledValue[]
}

export interface Phase {
  /** V, between the phase and neutral */
  voltage: number
  /** A, negative while energy flows out of the vehicle */
  current: number
}

/** What a station measured at one instant, in one set of units. What it did not measure is left out. */
export interface Measurement {
  timestamp: string
  /** V: the mean of the phases where the station tells them one by one */
  voltage?: number
  /** A, per phase; negative while energy flows out of the vehicle */
  current?: number
  /** kW, negative while energy flows out of the vehicle */
  power?: number
  /** Wh on the meter's import register */
  importWh?: number
  /** Wh on the meter's export register */
  exportWh?: number
  /** % */
  soc?: number
  /** degrees Celsius */
  temperature?: number
  phases?: { phase_a: Phase; phase_b?: Phase; phase_c?: Phase }
}

/** A value in the unit of its kind. */
interface Value {
  measurand: string
  phase: string
  location: string
  amount: number
}

const PHASES = ['L1', 'L2', 'L3'] as const
const LINES = ['L1-L2', 'L2-L3', 'L3-L1']

/** What most quantities are told by: a message is not to cost a list for each. */
const NONE: Value[] = []

/** Where a quantity is measured more than once, the place nearest to the vehicle's plug counts. */
const LOCATIONS = ['Outlet', 'Cable', 'EV', 'Inlet', 'Body', 'Upstream']

/** What a quantity may be; anything else is a meter that is broken, or a unit that is wrong. */
const RANGES = {
  voltage: [0, 2000],
  current: [-5000, 5000],
  power: [-5000, 5000],
  importWh: [0, 1e12],
  exportWh: [0, 1e12],
  soc: [0, 100],
  temperature: [-60, 200],
} as const

type Quantity = keyof typeof RANGES
const QUANTITIES = Object.keys(RANGES) as Quantity[]

/**
 * What a station measured, by time. Values of the same instant are one measurement, whether the station sent them
 * together or not. Power that it does not tell is worked out from voltage and current.
 *
 * Units: OCPP 1.6 edition 2, 7.45; OCPP 2.0.1 part 2, appendix 2 (standardised units), with `multiplier` as a power of ten.
 */
export function measurementsOf(meterValues: MeterValue[]): Measurement[] {
  const isTold = (measurement: Measurement) => Object.keys(measurement).length > 1
  if (meterValues.length === 1) {
    const [{ timestamp, sampledValue }] = meterValues as [MeterValue]
    return [measurementOf(timestamp, sampledValue)].filter(isTold)
  }
  const instants = Map.groupBy(meterValues, ({ timestamp }) => Date.parse(timestamp))
  return [...instants]
    .sort(([one], [other]) => one - other)
    .map(([, parts]) =>
      measurementOf(
        parts[0]!.timestamp,
        parts.flatMap(({ sampledValue }) => sampledValue),
      ),
    )
    .filter(isTold)
}

function measurementOf(timestamp: string, sampledValues: SampledValue[]): Measurement {
  const told = newestOf(sampledValues)
  const of = (measurand: string) => nearest(told.get(measurand) ?? NONE)
  const voltages = of('Voltage')
  const currents = signed(of('Current.Import'), of('Current.Export'))
  const measured: Partial<Record<Quantity, number>> = {
    voltage: outputVoltage(voltages),
    current: totalOr(currents, meanOfUsed),
    power:
      totalOr(signed(of('Power.Active.Import'), of('Power.Active.Export')), sum) ?? workedOutPower(voltages, currents),
    importWh: totalOr(of('Energy.Active.Import.Register'), sum),
    exportWh: totalOr(of('Energy.Active.Export.Register'), sum),
    soc: totalOr(of('SoC'), mean),
    temperature: totalOr(of('Temperature'), Math.max),
  }
  const measurement: Measurement = { timestamp }
  for (const name of QUANTITIES) {
    const amount = measured[name]
    const [least, most] = RANGES[name]
    if (amount !== undefined && amount >= least && amount <= most) measurement[name] = amount
  }
  const phases = phasesOf(voltages, currents)
  if (phases !== undefined) measurement.phases = phases
  return measurement
}

/** By measurand. The same may stand there once as the beginning of the session and once as now; the last is the newest. */
function newestOf(sampledValues: SampledValue[]): Map<string, Value[]> {
  const told = new Map<string, Value[]>()
  for (const sampled of sampledValues) {
    const value = toValue(sampled)
    if (value === undefined) continue
    const values = told.get(value.measurand)
    if (values === undefined) {
      told.set(value.measurand, [value])
      continue
    }
    const before = values.findIndex(({ phase, location }) => phase === value.phase && location === value.location)
    values[before === -1 ? values.length : before] = value
  }
  return told
}

function toValue(sampled: SampledValue): Value | undefined {
  if (sampled.format === 'SignedData') return undefined
  const measurand = sampled.measurand ?? 'Energy.Active.Import.Register'
  const number = typeof sampled.value === 'number' ? sampled.value : parse(sampled.value)
  const amount = convert(number * 10 ** (sampled.unitOfMeasure?.multiplier ?? 0), sampled, measurand)
  if (!Number.isFinite(amount)) return undefined
  // A phase and its voltage against neutral are the same; what flows in neutral itself is no phase of the supply.
  const phase = sampled.phase?.replace(/^(L[123])-N$/, '$1') ?? ''
  return phase === 'N' ? undefined : { measurand, phase, location: sampled.location ?? 'Outlet', amount }
}

const parse = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text))

/** In Wh, kW, A, V, degrees Celsius or percent. A unit that is left out is the usual one of the quantity. */
function convert(amount: number, { unit, unitOfMeasure }: SampledValue, measurand: string): number {
  const told = unit ?? unitOfMeasure?.unit
  if (measurand.startsWith('Energy.')) return told === 'kWh' ? amount * 1000 : amount
  if (measurand.startsWith('Power.')) return told === 'kW' || told === 'kVA' ? amount : amount / 1000
  if (told === 'K') return amount - 273.15
  if (told === 'Fahrenheit') return ((amount - 32) * 5) / 9
  return amount
}

function nearest(values: Value[]): Value[] {
  if (values.length === 0 || (values.length === 1 && LOCATIONS.includes(values[0]!.location))) return values
  const place = LOCATIONS.find(location => values.some(value => value.location === location))
  return values.filter(({ location }) => location === place)
}

/** What is told for import and export as one list: where something flows out, that is negative. */
function signed(imported: Value[], exported: Value[]): Value[] {
  if (exported.length === 0) return imported
  const out = exported
    .filter(({ amount }) => amount !== 0)
    .map(value => ({ ...value, amount: -Math.abs(value.amount) }))
  const inwards = imported.filter(({ amount, phase }) => amount !== 0 || !out.some(other => other.phase === phase))
  return [...inwards, ...out, ...(inwards.length + out.length === 0 ? exported : [])]
}

const onPhases = (values: Value[]) => values.filter(({ phase }) => phase !== '' && !LINES.includes(phase))

/** The value for all phases, or what the values of the single phases combine to. */
function totalOr(values: Value[], combine: (...amounts: number[]) => number): number | undefined {
  if (values.length === 0) return undefined
  if (values.length === 1 && values[0]!.phase === '') return values[0]!.amount
  const totals = values.filter(({ phase }) => phase === '')
  if (totals.length > 0) return sum(...totals.map(({ amount }) => amount))
  const phases = onPhases(values)
  return phases.length === 0 ? undefined : combine(...phases.map(({ amount }) => amount))
}

function voltageOf(values: Value[]): number | undefined {
  const total = values.find(({ phase }) => phase === '')
  if (total !== undefined) return total.amount
  const phases = onPhases(values)
  const told = phases.length > 0 ? phases : values
  return told.length === 0 ? undefined : mean(...told.map(({ amount }) => amount))
}

/** As the platform has it: between the phases where there are three, for which a station tells each against neutral. */
function outputVoltage(values: Value[]): number | undefined {
  const voltage = voltageOf(values)
  const isTotal = values.some(({ phase }) => phase === '')
  if (voltage === undefined || isTotal || onPhases(values).length !== 3) return voltage
  // No meter tells more than tenths.
  return Math.round(voltage * Math.sqrt(3) * 10) / 10
}

/** kW from V and A: the sum over the phases whose current is told, each at its own voltage or that of all. */
function workedOutPower(voltages: Value[], currents: Value[]): number | undefined {
  const voltage = voltageOf(voltages)
  if (voltage === undefined || currents.length === 0) return undefined
  // Between phases there is √3 of what a phase has.
  const isBetweenPhases = voltages.length > 0 && voltages.every(({ phase }) => LINES.includes(phase))
  const perPhase = isBetweenPhases ? voltage / Math.sqrt(3) : voltage
  const total = currents.find(({ phase }) => phase === '')
  if (total !== undefined) {
    const phases = Math.max(1, isBetweenPhases ? 3 : onPhases(voltages).length)
    return (perPhase * total.amount * phases) / 1000
  }
  const watts = onPhases(currents).map(
    ({ phase, amount }) => amount * (voltages.find(value => value.phase === phase)?.amount ?? perPhase),
  )
  return sum(...watts) / 1000
}

function phasesOf(voltages: Value[], currents: Value[]): Measurement['phases'] {
  if (!currents.some(({ phase }) => phase === PHASES[0])) return undefined
  const [a, b, c] = PHASES.map((name): Phase | undefined => {
    const voltage = voltages.find(({ phase }) => phase === name)?.amount
    const current = currents.find(({ phase }) => phase === name)?.amount
    if (voltage === undefined || current === undefined) return undefined
    return voltage >= 0 && voltage <= 1000 && Math.abs(current) <= 5000 ? { voltage, current } : undefined
  })
  if (a === undefined) return undefined
  return { phase_a: a, ...(b === undefined ? {} : { phase_b: b }), ...(c === undefined ? {} : { phase_c: c }) }
}

const sum = (...amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0)
/** A vehicle that charges on one phase of three draws nothing from the others. */
const meanOfUsed = (...amounts: number[]) => {
  const used = amounts.filter(amount => amount !== 0)
  return used.length === 0 ? 0 : mean(...used)
}
const mean = (...amounts: number[]) => sum(...amounts) / amounts.length
