import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tables } from '../../contracts/flux/tables.ts'
import type { Table } from '../../postgrest/table.ts'
import { type Binding, Bindings } from './bindings.ts'
import { compilePredicate } from './predicate.ts'
import { type TableChange, tableChange } from './tableChange.ts'

const { mg_bess_readings, mg_meter_readings, market_data } = tables
const [first, second] = ['123e4567-e89b-12d3-a456-426614174000', '123e4567-e89b-12d3-a456-426614174001']

const change = (table: Table, row: Record<string, unknown>, kind: 'insert' | 'delete' = 'insert'): TableChange =>
  tableChange(table, { kind, row, oldKey: undefined, committedAt: new Date(0), position: '1', transaction: 1 })

const binding = (owner: string, table: Table, filter = '', event: Binding<string>['event'] = '*'): Binding<string> => ({
  owner,
  id: 1,
  event,
  table: table.name,
  predicate: compilePredicate(table, filter),
})

function owners(bindings: Bindings<string>, told: TableChange): string[] {
  const fail = (_binding: unknown, error: unknown) => assert.fail(String(error))
  return [...bindings.match(told, fail)].map(({ owner }) => owner).sort()
}

describe('bindings', () => {
  it('hear of the table, event and rows that they ask for', () => {
    const bindings = new Bindings<string>()
    bindings.add(binding('all', mg_bess_readings))
    bindings.add(binding('deletions', mg_bess_readings, '', 'DELETE'))
    bindings.add(binding('first', mg_bess_readings, `device_id=eq.${first!.toUpperCase()}`))
    bindings.add(binding('first, high', mg_bess_readings, `soe=gt.50,device_id=eq.${first}`))
    bindings.add(binding('second', mg_bess_readings, `device_id=in.(${second})`))
    bindings.add(binding('meters', mg_meter_readings, `device_id=eq.${first}`))
    bindings.add(binding('signals', market_data, 'type=eq.01'))
    assert.deepEqual(owners(bindings, change(mg_bess_readings, { device_id: first, soe: 10 })), ['all', 'first'])
    assert.deepEqual(owners(bindings, change(mg_bess_readings, { device_id: first, soe: 60 })), [
      'all',
      'first',
      'first, high',
    ])
    assert.deepEqual(owners(bindings, change(mg_bess_readings, { device_id: second }, 'delete')), [
      'all',
      'deletions',
      'second',
    ])
    assert.deepEqual(owners(bindings, change(mg_meter_readings, { device_id: first })), ['meters'])
    assert.deepEqual(owners(bindings, change(market_data, { type: 1 })), ['signals'])
    assert.deepEqual(owners(bindings, change(tables.mg_device_registry, {})), [])
  })

  it('hear of nothing once they are gone', () => {
    const bindings = new Bindings<string>()
    const [plain, filtered] = [
      binding('plain', mg_bess_readings),
      binding('filtered', mg_bess_readings, `device_id=eq.${first}`),
    ]
    for (const each of [plain, filtered, binding('other', mg_bess_readings, `device_id=eq.${first}`)])
      bindings.add(each)
    bindings.remove(plain)
    bindings.remove(filtered)
    bindings.remove(filtered)
    assert.deepEqual(owners(bindings, change(mg_bess_readings, { device_id: first })), ['other'])
  })

  it('do not disturb each other', () => {
    const bindings = new Bindings<string>()
    const broken = {
      ...binding('broken', mg_bess_readings),
      predicate: {
        equals: undefined,
        matches() {
          throw new Error('broken')
        },
      },
    }
    bindings.add(broken)
    bindings.add(binding('whole', mg_bess_readings))
    const failed: string[] = []
    const told = [...bindings.match(change(mg_bess_readings, {}), ({ owner }) => failed.push(owner))]
    assert.deepEqual([told.map(({ owner }) => owner), failed], [['whole'], ['broken']])
  })

  it('of other devices and tables are not even looked at', () => {
    const bindings = new Bindings<string>()
    let looked = 0
    const counted = (table: Table, device: string): Binding<string> => ({
      ...binding(device, table),
      predicate: {
        equals: { column: 'device_id', value: device },
        matches: () => {
          looked++
          return true
        },
      },
    })
    for (let index = 0; index < 500; index++) bindings.add(counted(mg_bess_readings, `device-${index}`))
    for (let index = 0; index < 500; index++) bindings.add(counted(mg_meter_readings, 'device-7'))
    assert.deepEqual(owners(bindings, change(mg_bess_readings, { device_id: 'device-7' })), ['device-7'])
    assert.equal(looked, 1)
  })
})
