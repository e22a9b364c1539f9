import type { Knex } from 'knex'

/** The batteries and meters of one site, with ids that stay the same so that examples can name them. */
export const FLUX_DEVICES = [
  {
    id: '123e4567-e89b-12d3-a456-426614174000',
    name: 'WLCE-BESS-01',
    type: 'bess',
    site: 'WLCE',
    metadata: { max_power: 100, capacity_kwh: 500, modbus_address: 1 },
  },
  {
    id: '123e4567-e89b-12d3-a456-426614174001',
    name: 'WLCE-BESS-02',
    type: 'bess',
    site: 'WLCE',
    metadata: { max_power: 100, capacity_kwh: 500, modbus_address: 2 },
  },
  {
    id: '6f1c2d34-5a6b-4c7d-8e9f-0a1b2c3d4e01',
    name: 'WLCE-METER-GRID',
    type: 'meter',
    site: 'WLCE',
    metadata: { modbus_address: 11 },
  },
  {
    id: '6f1c2d34-5a6b-4c7d-8e9f-0a1b2c3d4e02',
    name: 'WLCE-METER-HOMES',
    type: 'meter',
    site: 'WLCE',
    metadata: { modbus_address: 12 },
  },
  {
    id: '6f1c2d34-5a6b-4c7d-8e9f-0a1b2c3d4e03',
    name: 'WLCE-METER-SOLAR',
    type: 'meter',
    site: 'WLCE',
    metadata: { modbus_address: 13 },
  },
]

/**
 * A site with two batteries and three meters, their readings of every minute, and the market's signals. Postgres makes
 * the rows: charging at night and discharging in the evening, homes that wake and cook, a sun that sets, and counters
 * that add up what the power amounts to. Nothing is added where there are devices already.
 *
 * @param days how far back, up to now
 */
export async function seedFlux(db: Knex, days: number): Promise<void> {
  if ((await db('flux.mg_device_registry').first('id')) !== undefined) return
  await db('flux.mg_device_registry').insert(
    FLUX_DEVICES.map(device => ({ ...device, metadata: JSON.stringify(device.metadata) })),
  )
  await db.raw(BATTERIES, { days })
  await db.raw(METERS, { days })
  await db.raw(MARKET, { days })
}

const MINUTES = `generate_series(date_trunc('minute', now()) - :days * interval '1 day', now(), interval '1 minute')`
const HOUR = (time: string) => `extract(epoch from ${time})::int8 % 86400 / 3600.0`

/** From 1 to 5 o'clock a battery of 500 kWh charges, from 16 to 20 o'clock it discharges; positive is discharge. */
const BATTERIES = `
  insert into flux.mg_bess_readings
    (time, device_id, soe, target_power, available_inverter_blocks, command_source, created_at)
  select time, id, round((20 + power / 5 * hours)::numeric, 2),
    case when charges then -power when discharges then power else 0 end, 4,
    case when charges then 1 when discharges then 2 else 0 end, time + interval '1 second'
  from (
    select time, id, 60 + (extract(epoch from time)::int8 / 86400 * 37 + shift) % 10 * 2.5 as power,
      hour >= 1 and hour < 5 as charges, hour >= 16 and hour < 20 as discharges,
      case when hour < 1 or hour >= 20 then 0 when hour < 5 then hour - 1 when hour < 16 then 4 else 20 - hour end as hours
    from (
      select time, ${HOUR('time')} as hour, id, row_number() over (partition by time order by id) as shift
      from ${MINUTES} as time, flux.mg_device_registry where type = 'bess') as minute
  ) as battery`

/** Active power in kW, import positive; the grid's meter sees homes less sun. Digits are as many as meters show. */
const METERS = `
  insert into flux.mg_meter_readings (time, device_id, frequency, voltage_line_average, current_phase_a, current_phase_b,
    current_phase_c, current_phase_average, power_phase_a_active, power_phase_b_active, power_phase_c_active,
    power_total_active, power_total_reactive, power_total_apparent, power_factor_total, energy_imported_active,
    energy_exported_active, energy_imported_phase_a_active, energy_exported_phase_a_active,
    energy_imported_phase_b_active, energy_exported_phase_b_active, energy_imported_phase_c_active,
    energy_exported_phase_c_active, energy_imported_reactive, energy_exported_reactive, energy_imported_apparent,
    energy_exported_apparent, created_at)
  select time, id, ${[
    ['50 + 0.05 * wave', 2],
    ['415 + 2 * wave', 1],
    ...['amps * 1.02', 'amps', 'amps * 0.98', 'amps'].map(current => [current, 2]),
    ...['power * 0.34', 'power / 3', 'power * (0.66 - 1 / 3.0)', 'power', 'power * 0.2', 'abs(power) * 1.02'].map(
      kilowatts => [kilowatts, 3],
    ),
    ['0.98', 2],
    ...[1, 0.34, 1 / 3, 0.66 - 1 / 3, 0.2, 1.02].flatMap(share =>
      ['imported', 'exported'].map(counted => [`${counted} * ${share}`, 3]),
    ),
  ]
    .map(([value, digits]) => `round((${value})::numeric, ${digits})`)
    .join(', ')}, time + interval '1 second'
  from (
    select time, id, power, wave, abs(power) * 1020 / 415 / 1.732 as amps,
      1000 + sum(greatest(power, 0)) over kept / 60 as imported, 100 + sum(greatest(-power, 0)) over kept / 60 as exported
    from (
      select time, id, wave,
        round((case name when 'WLCE-METER-HOMES' then homes when 'WLCE-METER-SOLAR' then -sun else homes - sun end * 100)::numeric)::float8 / 100 as power
      from (
        select time, sin(extract(epoch from time)::float8 / 700) as wave,
          30 + 25 * exp(-0.5 * (hour - 7.5) ^ 2) + 55 * exp(-0.2 * (hour - 18.5) ^ 2) as homes,
          greatest(0, 80 * sin(pi() * (hour - 7) / 10)) * (0.4 + 0.06 * (extract(epoch from time)::int8 / 86400 % 10)) as sun
        from (select time, (${HOUR('time')})::float8 as hour from ${MINUTES} as time) as minute
      ) as weather, flux.mg_device_registry where type = 'meter'
    ) as meter window kept as (partition by id order by time)
  ) as counted`

/** Imbalance, wholesale and imbalance price of every settlement period, and a dispatch in the evening. */
const MARKET = `
  insert into flux.market_data (time, type, value, metadata, created_at)
  select time, type, round((case type when 1 then 300 * sin(n * 0.7) when 2 then 75 + 30 * sin(n * 0.26) else 70 + 60 * sin(n * 0.31) end)::numeric, 2),
    jsonb_build_object('confidence', 0.85, 'settlement_period', (${HOUR('time')} * 2)::int + 1), time
  from (
    select time, extract(epoch from time)::int8 / 1800 % 100000 as n from generate_series(
      date_bin('30 minutes', now(), '2000-01-01Z') - :days * interval '1 day', now(), interval '30 minutes') as time
  ) as period, unnest(array[1, 2, 3]) as type
  union all
  select date_trunc('day', day) + interval '17 hours', 4, 80, jsonb_build_object('asset', 'WLCE'), day
  from generate_series(now() - :days * interval '1 day', now() - interval '1 day', interval '1 day') as day`
