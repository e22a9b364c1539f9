import type { Column, ColumnType, Parameter, Routine, Table } from '../../postgrest/table.ts'

/** The tables and functions of the schema `flux`: all that its paths can reach. A test compares them with the catalog. */

const MOMENTARY = [
  'frequency',
  'voltage_line_average',
  'current_phase_a',
  'current_phase_b',
  'current_phase_c',
  'current_phase_average',
  'power_phase_a_active',
  'power_phase_b_active',
  'power_phase_c_active',
  'power_total_active',
  'power_total_reactive',
  'power_total_apparent',
  'power_factor_total',
]

const COUNTERS = [
  'energy_imported_active',
  'energy_exported_active',
  'energy_imported_phase_a_active',
  'energy_exported_phase_a_active',
  'energy_imported_phase_b_active',
  'energy_exported_phase_b_active',
  'energy_imported_phase_c_active',
  'energy_exported_phase_c_active',
  'energy_imported_reactive',
  'energy_exported_reactive',
  'energy_imported_apparent',
  'energy_exported_apparent',
]

const required = (name: string, type: ColumnType): Column => ({ name, type, nullable: false, defaultValue: undefined })
const generated = (name: string, type: ColumnType, defaultValue: string): Column => ({
  name,
  type,
  nullable: false,
  defaultValue,
})
const optional = (name: string, type: ColumnType): Column => ({ name, type, nullable: true, defaultValue: undefined })

const table = (name: string, primaryKey: string[], columns: Column[]): Table => ({
  schema: 'flux',
  name,
  primaryKey,
  columns: new Map(columns.map(column => [column.name, column])),
})

const id = generated('id', 'uuid', 'gen_random_uuid()')
const time = required('time', 'timestamptz')
const deviceId = required('device_id', 'uuid')
const createdAt = generated('created_at', 'timestamptz', 'now()')

export const tables = {
  mg_bess_readings: table(
    'mg_bess_readings',
    ['device_id', 'time'],
    [
      id,
      time,
      deviceId,
      optional('soe', 'float8'),
      optional('target_power', 'float8'),
      optional('available_inverter_blocks', 'int2'),
      optional('command_source', 'int2'),
      createdAt,
    ],
  ),
  mg_meter_readings: table(
    'mg_meter_readings',
    ['device_id', 'time'],
    [id, time, deviceId, ...[...MOMENTARY, ...COUNTERS].map(name => optional(name, 'float8')), createdAt],
  ),
  market_data: table(
    'market_data',
    ['id'],
    [id, time, required('type', 'int4'), required('value', 'float8'), optional('metadata', 'jsonb'), createdAt],
  ),
  mg_device_registry: table(
    'mg_device_registry',
    ['id'],
    [
      id,
      required('name', 'text'),
      required('type', 'text'),
      required('site', 'text'),
      optional('metadata', 'jsonb'),
      generated('active', 'bool', 'true'),
      createdAt,
    ],
  ),
}

const PARAMETERS: Parameter[] = [
  { name: 'start_time', type: 'timestamptz' },
  { name: 'end_time', type: 'timestamptz' },
  { name: 'device_ids', type: 'uuid[]' },
]

const aggregate = (name: string): Routine => ({
  schema: 'flux',
  name,
  parameters: new Map(PARAMETERS.map(parameter => [parameter.name, parameter])),
  columns: new Map(
    [
      optional('time_b', 'timestamptz'),
      optional('device_id', 'uuid'),
      ...MOMENTARY.map(measure => optional(`${measure}_avg`, 'float8')),
      ...COUNTERS.map(counter => optional(`${counter}_min`, 'float8')),
      ...COUNTERS.map(counter => optional(`${counter}_delta`, 'float8')),
    ].map(column => [column.name, column]),
  ),
})

export const routines = {
  get_meter_readings_5m: aggregate('get_meter_readings_5m'),
  get_meter_readings_30m: aggregate('get_meter_readings_30m'),
}
