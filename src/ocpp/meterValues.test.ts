import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { measurementsOf, type SampledValue } from './meterValues.ts'

const timestamp = '2026-05-10T14:00:00Z'
const measure = (...sampledValue: SampledValue[]) => {
  const [measurement] = measurementsOf([{ timestamp, sampledValue }])
  if (measurement === undefined) return undefined
  const { timestamp: _, ...quantities } = measurement
  return quantities
}

describe('values of OCPP 1.6', () => {
  it('are text, and a value without measurand is the import register in Wh', () =>
    assert.deepEqual(measure({ value: '1500' }), { importWh: 1500 }))

  it('have units of their own', () =>
    assert.deepEqual(
      measure(
        { value: '12.5', measurand: 'Energy.Active.Import.Register', unit: 'kWh' },
        { value: '7400', measurand: 'Power.Active.Import', unit: 'W' },
        { value: '230.1', measurand: 'Voltage', unit: 'V' },
        { value: '32', measurand: 'Current.Import', unit: 'A' },
        { value: '54', measurand: 'SoC', unit: 'Percent', location: 'EV' },
        { value: '300.15', measurand: 'Temperature', unit: 'K' },
      ),
      { importWh: 12_500, power: 7.4, voltage: 230.1, current: 32, soc: 54, temperature: 27 },
    ))

  it('may spell Celsius either way, or tell degrees Fahrenheit', () => {
    for (const unit of ['Celcius', 'Celsius'])
      assert.equal(measure({ value: '41', measurand: 'Temperature', unit })?.temperature, 41)
    assert.equal(measure({ value: '212', measurand: 'Temperature', unit: 'Fahrenheit' })?.temperature, 100)
  })

  it('that are signed, empty or no number say nothing', () =>
    assert.equal(measure({ value: 'AF01', format: 'SignedData' }, { value: ' ' }, { value: 'none' }), undefined))
})

describe('values of OCPP 2.x', () => {
  it('are multiplied with a power of ten', () =>
    assert.deepEqual(
      measure(
        { value: 11, measurand: 'Power.Active.Import', unitOfMeasure: { unit: 'W', multiplier: 3 } },
        { value: 15, unitOfMeasure: { unit: 'kWh' } },
        { value: 4000, measurand: 'Voltage', unitOfMeasure: { unit: 'V', multiplier: -1 } },
      ),
      { power: 11, importWh: 15_000, voltage: 400 },
    ))
})

describe('phases', () => {
  const phase = (measurand: string, ...values: number[]) =>
    values.map((value, index) => ({
      value,
      measurand,
      phase: `L${index + 1}`,
      unit: measurand === 'Voltage' ? 'V' : 'A',
    }))

  it('add up to power, and their voltage is the one between them', () =>
    assert.deepEqual(
      measure(
        { value: '3600', measurand: 'Power.Active.Import', phase: 'L1', unit: 'W' },
        { value: '3700', measurand: 'Power.Active.Import', phase: 'L2', unit: 'W' },
        { value: '3700', measurand: 'Power.Active.Import', phase: 'L3', unit: 'W' },
        { value: '229', measurand: 'Voltage', phase: 'L1-N' },
        { value: '230', measurand: 'Voltage', phase: 'L2-N' },
        { value: '231', measurand: 'Voltage', phase: 'L3-N' },
      ),
      { power: 11, voltage: 398.4 },
    ))

  it('count nothing beside a value for all of them', () =>
    assert.equal(
      measure(
        { value: '11000', measurand: 'Power.Active.Import', unit: 'W' },
        { value: '3600', measurand: 'Power.Active.Import', phase: 'L1', unit: 'W' },
      )?.power,
      11,
    ))

  it('stand one by one where both voltage and current are told', () => {
    const measured = measure(...phase('Voltage', 230, 231, 229), ...phase('Current.Import', 16, 15, 17))
    assert.deepEqual(measured?.phases, {
      phase_a: { voltage: 230, current: 16 },
      phase_b: { voltage: 231, current: 15 },
      phase_c: { voltage: 229, current: 17 },
    })
  })

  it('that nothing flows on do not lower the current', () =>
    assert.equal(measure(...phase('Voltage', 230, 230, 230), ...phase('Current.Import', 16, 0, 0))?.current, 16))
})

describe('power that is not told', () => {
  it('is voltage times current', () =>
    assert.equal(
      measure({ value: '400', measurand: 'Voltage' }, { value: '100', measurand: 'Current.Import' })?.power,
      40,
    ))

  it('is the sum over phases', () =>
    assert.equal(
      measure(
        ...['L1', 'L2', 'L3'].flatMap(phase => [
          { value: '230', measurand: 'Voltage', phase },
          { value: '16', measurand: 'Current.Import', phase },
        ]),
      )?.power,
      11.04,
    ))

  it('takes √3 into account where the voltage is between phases', () => {
    const lines = ['L1-L2', 'L2-L3', 'L3-L1'].map(phase => ({ value: '400', measurand: 'Voltage', phase }))
    const measured = measure(...lines, { value: '16', measurand: 'Current.Import' })
    assert.equal(measured?.voltage, 400)
    assert.ok(Math.abs(measured!.power! - (Math.sqrt(3) * 400 * 16) / 1000) < 1e-9)
  })
})

describe('energy that flows out of the vehicle', () => {
  it('is negative power and current', () =>
    assert.deepEqual(
      measure(
        { value: '0', measurand: 'Power.Active.Import', unit: 'kW' },
        { value: '9.6', measurand: 'Power.Active.Export', unit: 'kW' },
        { value: '24', measurand: 'Current.Export', unit: 'A' },
      ),
      { power: -9.6, current: -24 },
    ))

  it('that is none leaves what flows in', () =>
    assert.equal(
      measure(
        { value: '7', measurand: 'Power.Active.Import', unit: 'kW' },
        { value: '0', measurand: 'Power.Active.Export', unit: 'kW' },
      )?.power,
      7,
    ))
})

describe('measurements', () => {
  it('of one instant are one, and stand in the order of time', () => {
    const later = '2026-05-10T14:01:00Z'
    assert.deepEqual(
      measurementsOf([
        { timestamp: later, sampledValue: [{ value: '2' }] },
        { timestamp, sampledValue: [{ value: '1' }] },
        { timestamp, sampledValue: [{ value: '50', measurand: 'SoC' }] },
      ]),
      [
        { timestamp, importWh: 1, soc: 50 },
        { timestamp: later, importWh: 2 },
      ],
    )
  })

  it('prefer the outlet, and the last of two values for the same', () =>
    assert.equal(
      measure(
        { value: '1', location: 'Inlet' },
        { value: '2', context: 'Transaction.Begin' },
        { value: '3', context: 'Sample.Periodic' },
      )?.importWh,
      3,
    ))

  it('are always what tellus can show', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record(
            {
              value: fc.oneof(fc.double().map(String), fc.string()),
              measurand: fc.constantFrom('Voltage', 'Current.Import', 'Current.Export', 'Power.Active.Import', 'SoC'),
              phase: fc.constantFrom('L1', 'L2', 'L3', 'N', 'L1-N', 'L1-L2'),
              unit: fc.constantFrom('W', 'kW', 'V', 'A', 'K'),
            },
            { requiredKeys: ['value'] },
          ),
        ),
        sampledValue => {
          for (const { voltage = 0, current = 0, power = 0, soc = 0 } of measurementsOf([
            { timestamp, sampledValue },
          ])) {
            assert.ok(voltage >= 0 && voltage <= 2000 && Math.abs(current) <= 5000 && Math.abs(power) <= 5000)
            assert.ok(soc >= 0 && soc <= 100)
          }
        },
      ),
    ))
})
