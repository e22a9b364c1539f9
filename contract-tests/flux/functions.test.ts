import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import pg from 'pg'
import { routines, tables } from '../../src/contracts/flux/tables.ts'
import { openTestDatabase } from '../support/testServer.ts'

const place = await openTestDatabase()
const database = new pg.Pool({ connectionString: place.url, options: '-c timezone=UTC' })
// The pool counts a connection as ended before Postgres does, and the database goes away with those that it still has.
database.on('error', error => assert.equal((error as { code?: string }).code, '57P01'))
after(async () => {
  await database.end()
  await place.drop()
})

const START = Date.parse('2024-05-01T00:00:00Z')
const at = (minute: number) => new Date(START + minute * 60_000)

/** Readings of a new meter: minute of the day and values by column. */
async function meter(readings: [minute: number, values: Record<string, number | null>][]): Promise<string> {
  const device = randomUUID()
  for (const [minute, values] of readings) {
    const names = Object.keys(values)
    await database.query(
      `insert into flux.mg_meter_readings (device_id, time, ${names.join(', ')})
       values ($1, $2, ${names.map((_name, index) => `$${index + 3}`).join(', ')})`,
      [device, at(minute), ...Object.values(values)],
    )
  }
  return device
}

interface Bucket {
  time_b: Date
  device_id: string
  [column: string]: unknown
}

async function buckets(size: '5m' | '30m', from: number, to: number, devices: string[] | null): Promise<Bucket[]> {
  const { rows } = await database.query(`select * from flux.get_meter_readings_${size}($1, $2, $3)`, [
    at(from),
    at(to),
    devices,
  ])
  return rows
}

const column = (rows: Bucket[], name: string) => rows.map(row => row[name])
const near = (value: unknown, wanted: number) => assert.ok(Math.abs((value as number) - wanted) < 1e-9, `${value}`)

describe('energy of a bucket', () => {
  it('is 62.75 kWh for 125.5 kW held for half an hour, wherever the readings lie', async () => {
    const device = await meter(
      [-7, 3, 14, 29, 31, 44, 62].map(minute => [
        minute,
        { power_total_active: 125.5, energy_imported_active: 1000 + (125.5 * (minute + 7)) / 60 },
      ]),
    )
    const rows = await buckets('30m', 0, 60, [device])
    assert.equal(rows.length, 2)
    for (const row of rows) {
      near(row.energy_imported_active_delta, 62.75)
      near(row.power_total_active_avg, 125.5)
      assert.equal(row.energy_exported_active_delta, null)
    }
  })

  it('adds up to the whole over buckets of both sizes', async () => {
    const readings = Array.from({ length: 121 }, (_value, minute) => minute).map(
      minute => [minute, { energy_imported_active: 10 * Math.sqrt(minute) }] as [number, Record<string, number>],
    )
    const device = await meter(readings)
    for (const size of ['5m', '30m'] as const) {
      const rows = await buckets(size, 0, 120, [device])
      assert.equal(rows.length, size === '5m' ? 24 : 4)
      const sum = rows.reduce((total, row) => total + (row.energy_imported_active_delta as number), 0)
      near(sum, 10 * Math.sqrt(120))
    }
  })

  it('counts from the first reading and to the last where there is none beyond', async () => {
    const device = await meter([
      [10, { energy_imported_active: 5 }],
      [20, { energy_imported_active: 8 }],
    ])
    const rows = await buckets('30m', 0, 60, [device])
    assert.deepEqual(column(rows, 'energy_imported_active_delta'), [3])
  })

  it('is never negative: a counter that was set back counts from zero again', async () => {
    const device = await meter([
      [0, { energy_imported_active: 100 }],
      [10, { energy_imported_active: 104 }],
      [20, { energy_imported_active: 1 }],
      [30, { energy_imported_active: 3 }],
      [60, { energy_imported_active: 6 }],
    ])
    const rows = await buckets('30m', 0, 60, [device])
    near(rows[0]!.energy_imported_active_delta, 4 + 1 + 2)
    near(rows[1]!.energy_imported_active_delta, 3)
  })

  it('of a gap does not vanish: its buckets have no averages, and share the energy', async () => {
    const device = await meter([
      [0, { power_total_active: 10, energy_imported_active: 0 }],
      [120, { power_total_active: 10, energy_imported_active: 20 }],
    ])
    const rows = await buckets('30m', 0, 120, [device])
    assert.deepEqual(column(rows, 'power_total_active_avg'), [10, null, null, null])
    for (const row of rows) near(row.energy_imported_active_delta, 5)
  })

  it('passes over readings that do not have the counter', async () => {
    const device = await meter([
      [0, { energy_imported_active: 1 }],
      [10, { energy_imported_active: null, frequency: 50 }],
      [30, { energy_imported_active: 4 }],
    ])
    const [row] = await buckets('30m', 0, 30, [device])
    near(row!.energy_imported_active_delta, 3)
    near(row!.energy_imported_active_min, 1)
  })
})

describe('buckets', () => {
  it('begin with the one that holds the start, and end before the end', async () => {
    const device = await meter([0, 29, 30, 59, 60].map(minute => [minute, { frequency: minute }]))
    const rows = await buckets('30m', 10, 60, [device])
    assert.deepEqual(column(rows, 'time_b'), [at(0), at(30)])
    assert.deepEqual(column(rows, 'frequency_avg'), [14.5, 44.5])
    assert.deepEqual(await buckets('30m', 60, 60, [device]), [])
  })

  it('are those of all meters without device_ids, by time and meter', async () => {
    const far = 60 * 24 * 400
    const devices = [await meter([[far, { frequency: 1 }]]), await meter([[far + 1, { frequency: 2 }]])].sort()
    const rows = await buckets('5m', far, far + 5, null)
    assert.deepEqual(column(rows, 'device_id'), devices)
  })

  it('cover the last 24 hours by default', async () => {
    const { rows } = await database.query('select min(time_b), max(time_b) from flux.get_meter_readings_5m()')
    const hours = (Date.now() - rows[0].min.getTime()) / 3_600_000
    assert.ok(hours > 23.9 && hours < 24.2, `${hours}`)
  })

  it('are at most 100,000', async () => {
    await assert.rejects(buckets('5m', 0, 5 * 100_001, []), { code: '22023', message: /more than 100000 buckets/ })
  })
})

describe('the table description', () => {
  const catalog = async (relation: string) => {
    const { rows } = await database.query(
      `select a.attname as name, format_type(a.atttypid, null) as type, not a.attnotnull as nullable,
         pg_get_expr(d.adbin, d.adrelid) as default
       from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
       where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`,
      [`flux.${relation}`],
    )
    return rows
  }
  const TYPES: Record<string, string> = {
    uuid: 'uuid',
    timestamptz: 'timestamp with time zone',
    float8: 'double precision',
    int2: 'smallint',
    int4: 'integer',
    text: 'text',
    bool: 'boolean',
    jsonb: 'jsonb',
  }
  for (const table of Object.values(tables)) {
    it(`is what the database has of ${table.name}`, async () => {
      const described = [...table.columns.values()].map(({ name, type, nullable, defaultValue }) => ({
        name,
        type: TYPES[type],
        nullable,
        default: defaultValue ?? null,
      }))
      assert.deepEqual(described, await catalog(table.name))
      const { rows } = await database.query(
        `select array_agg(a.attname::text order by k.place) as key from pg_index i, unnest(i.indkey) with ordinality k (number, place), pg_attribute a
         where i.indrelid = $1::regclass and i.indisprimary and a.attrelid = i.indrelid and a.attnum = k.number`,
        [`flux.${table.name}`],
      )
      assert.deepEqual(table.primaryKey, rows[0].key)
    })
  }
  for (const routine of Object.values(routines)) {
    it(`is what ${routine.name} takes and returns`, async () => {
      const { fields } = await database.query(`select * from flux.${routine.name}() limit 0`)
      assert.deepEqual(
        [...routine.columns.keys()],
        fields.map(({ name }) => name),
      )
      const { rows } = await database.query(
        `select proargnames[1:pronargs] as names, pronargdefaults = pronargs as all_default from pg_proc
         where oid = $1::regproc`,
        [`flux.${routine.name}`],
      )
      assert.deepEqual([...routine.parameters.keys()], rows[0].names)
      assert.equal(rows[0].all_default, true)
    })
  }
})
