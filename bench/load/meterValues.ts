import { clientFrame } from './stationConnection.ts'

const NO_ID = '0000000000000000'
const NO_TIME = '0000-00-00T00:00:00.000Z'
let newestId = 0

/**
 * The MeterValues of one station in its transaction: made once, with an id and a time that no message had before written
 * into them each time. Five quantities, as chargers send them by default or nearly so.
 */
export function nextMeterValues(): () => Buffer {
  const sampledValue = [
    { value: '1234567.8', context: 'Sample.Periodic', measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
    { value: '22080.0', context: 'Sample.Periodic', measurand: 'Power.Active.Import', unit: 'W' },
    { value: '32.0', context: 'Sample.Periodic', measurand: 'Current.Import', unit: 'A' },
    { value: '230.1', context: 'Sample.Periodic', measurand: 'Voltage', unit: 'V' },
    { value: '42', context: 'Sample.Periodic', measurand: 'SoC', unit: 'Percent' },
  ]
  const payload = { connectorId: 1, transactionId: 1, meterValue: [{ timestamp: NO_TIME, sampledValue }] }
  const text = JSON.stringify([2, NO_ID, 'MeterValues', payload])
  const { frame, offset } = clientFrame(text)
  const idAt = offset + text.indexOf(NO_ID)
  const timeAt = offset + text.indexOf(NO_TIME)
  let time = 0
  return () => {
    const id = String(++newestId).padStart(NO_ID.length, '0')
    time = Math.max(time + 1, Date.now())
    frame.write(id, idAt, 'latin1')
    frame.write(new Date(time).toISOString(), timeAt, 'latin1')
    return frame
  }
}
