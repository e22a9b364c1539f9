import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tables } from '../contracts/flux/tables.ts'
import { plainRow } from './plainRow.ts'

const { mg_bess_readings, market_data } = tables
const device_id = '123e4567-e89b-12d3-a456-426614174000'
const time = '2024-01-01T12:00:00Z'
const plain = (values: unknown, table = mg_bess_readings) => plainRow(table, values, JSON.stringify(values))

describe('a plain row', () => {
  it('keeps the text that came', () => {
    const row = { device_id, time, soe: 1.5, command_source: -3, target_power: null }
    assert.equal(plain(row)?.text, JSON.stringify(row))
    assert.ok(plain({ device_id, time: '2024-01-01 12:00:00.123456+02:00' }))
    assert.ok(plain({ time, type: 1, value: 0, metadata: { a: [1] } }, market_data))
  })

  for (const [what, values] of Object.entries<unknown>({
    'no object': [{ device_id, time }],
    null: null,
    'a column that is not there': { device_id, time, nothing: 1 },
    'a column with a default': { device_id, time, id: device_id },
    'text for a number': { device_id, time, soe: '1' },
    'a number near the end of its range': { device_id, time, soe: 1e300 },
    'a fraction for a whole number': { device_id, time, command_source: 1.5 },
    'a whole number out of range': { device_id, time, command_source: 32_768 },
    'an id that is none': { device_id: 'x', time },
    'a day that is none': { device_id, time: '2024-13-01T00:00:00Z' },
    'an instant without a zone': { device_id, time: '2024-01-01T12:00:00' },
    'an instant before 1970': { device_id, time: '1969-12-31T23:59:59Z' },
    'no value for what needs one': { device_id },
    'null for what needs a value': { device_id, time: null },
  }))
    it(`is not ${what}`, () => assert.equal(plain(values), undefined))

  it('has the key of every row that could be in its way', () => {
    const key = plain({ device_id, time })!.key
    assert.equal(plain({ time: '2024-01-01 14:00:00+02:00', device_id: device_id.toUpperCase() })!.key, key)
    assert.notEqual(plain({ device_id, time: '2024-01-01T12:00:01Z' })!.key, key)
    const signal = { time, type: 1, value: 0 }
    assert.notEqual(plain(signal, market_data)!.key, plain(signal, market_data)!.key)
  })
})
