import type { OCPP16, OCPP20 } from 'typed-ocpp'
import type { Payload } from '../rpc/frame.ts'
import { compact } from './translator.ts'

type MeterValue16 = OCPP16.MeterValuesRequest['meterValue'][number]
type MeterValue201 = OCPP20.MeterValuesRequest['meterValue'][number]
type Sample16 = MeterValue16['sampledValue'][number]
type Sample201 = MeterValue201['sampledValue'][number]

const REGISTER = 'Energy.Active.Import.Register'
/** What 2.0.1 no longer measures. */
const ONLY_16 = new Set(['Temperature', 'RPM'])
/** What 1.6 measures too; 2.1 has many more. */
const MEASURANDS_16 = new Set([
  ...['Active', 'Reactive'].flatMap(kind =>
    ['Export', 'Import'].flatMap(way => [`Energy.${kind}.${way}.Register`, `Energy.${kind}.${way}.Interval`]),
  ),
  ...['Active.Export', 'Active.Import', 'Reactive.Export', 'Reactive.Import', 'Offered', 'Factor'].map(
    name => `Power.${name}`,
  ),
  ...['Current.Import', 'Current.Export', 'Current.Offered', 'Voltage', 'Frequency', 'SoC'],
])
const LOCATIONS_16 = new Set(['Body', 'Cable', 'EV', 'Inlet', 'Outlet'])
const UNITS_16 = new Set('Wh kWh varh kvarh W kW VA kVA var kvar A V K Celcius Celsius Fahrenheit Percent'.split(' '))

/** Meter values of 1.6 for 2.0.1; samples that cannot be said, such as signed ones, are left out. */
export function toMeterValues201(meterValues: MeterValue16[]): Payload[] {
  return meterValues.flatMap(({ timestamp, sampledValue }) => {
    const samples = sampledValue.flatMap(sample => toSample201(sample) ?? [])
    return samples.length === 0 ? [] : [{ timestamp, sampledValue: samples }]
  })
}

function toSample201({ value, context, format, measurand, phase, location, unit }: Sample16): Payload | undefined {
  const number = value.trim() === '' ? Number.NaN : Number(value)
  if (format === 'SignedData' || !Number.isFinite(number) || ONLY_16.has(measurand ?? '')) return undefined
  return compact({
    value: number,
    context,
    measurand,
    phase,
    location,
    unitOfMeasure: unit === undefined ? undefined : { unit },
  })
}

/** Meter values of 2.0.1 for 1.6; samples that cannot be said are left out. */
export function toMeterValues16(meterValues: MeterValue201[]): Payload[] {
  return meterValues.flatMap(({ timestamp, sampledValue }) => {
    const samples = sampledValue.flatMap(sample => toSample16(sample) ?? [])
    return samples.length === 0 ? [] : [{ timestamp, sampledValue: samples }]
  })
}

function toSample16(sample: Sample201): Payload | undefined {
  const { context, measurand, phase, location, unitOfMeasure } = sample
  const unit = unitOfMeasure?.unit
  if (!MEASURANDS_16.has(measurand ?? REGISTER) || !LOCATIONS_16.has(location ?? 'Outlet')) return undefined
  if (unit !== undefined && !UNITS_16.has(unit)) return undefined
  return compact({ value: String(scaled(sample)), context, measurand, phase, location, unit })
}

const scaled = ({ value, unitOfMeasure }: Sample201) =>
  Number((value * 10 ** (unitOfMeasure?.multiplier ?? 0)).toPrecision(12))

/** The reading of the energy register, in Wh, in the last meter value that has one. */
export function registerWh(meterValues: MeterValue201[] = []): number | undefined {
  const sample = meterValues
    .flatMap(({ sampledValue }) => sampledValue)
    .findLast(each => (each.measurand ?? REGISTER) === REGISTER && each.phase === undefined)
  return sample && scaled(sample) * (sample.unitOfMeasure?.unit === 'kWh' ? 1000 : 1)
}

/** A reading of the energy register as a meter value of 2.0.1. */
export const registerValue = (timestamp: string, wh: number, context: 'Transaction.Begin' | 'Transaction.End') => ({
  timestamp,
  sampledValue: [{ value: wh, context, measurand: REGISTER, unitOfMeasure: { unit: 'Wh' } }],
})
