import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { hashSecret } from '../src/auth/secrets.ts'

/** Stations of OCPP that know one password. */
export interface Stations {
  identities: string[]
  password: string
}

export const MESSAGES = 1_000_000
/** How many stations have told the messages that are stored. */
const TALKING = 500
const EVENTS = 20_000

/**
 * Stations of a tenant. The first of them charge: each has a device, on which what it measures shows, and a transaction.
 *
 * @param charging how many
 */
export async function createStations(
  databaseUrl: string,
  tenantId: string,
  { count, charging }: { count: number; charging: number },
): Promise<Stations> {
  const password = randomBytes(10).toString('hex')
  const identities = Array.from({ length: count }, (_, index) => `BENCH-CP-${String(index + 1).padStart(5, '0')}`)
  await withDatabase(databaseUrl, async database => {
    await database.query(
      `with device as (
         insert into core.devices (tenant_id, sn, manufacturer, model, firmware_version, secret_hash)
         select $1::uuid, identity, 'Bench', 'Bench', '1', sha256(gen_random_uuid()::text::bytea)
         from unnest(($2::text[])[1:$4]) identity
         returning device_id, sn
       ), connector as (
         insert into core.connectors (device_id, connector_id) select device_id, 1 from device
       ), transaction as (
         insert into ocpp.transactions (tenant_id, identity, device_id, protocol, transaction_id, connector_id, id_tag,
           started_at, meter_start_wh)
         select $1::uuid, sn, device_id, 'ocpp1.6', '1', 1, 'BENCH', now() - interval '1 hour', 1200000 from device
       )
       insert into ocpp.stations (identity, tenant_id, device_id, password_hash, enrolled, registration)
       select identity, $1::uuid, device_id, $3::bytea, true, 'Accepted'
       from unnest($2::text[]) identity left join device on sn = identity`,
      [tenantId, identities, hashSecret(password), charging],
    )
  })
  return { identities, password }
}

/**
 * A million messages over the last day, most of them pairs of MeterValues and their answers, a few of them errors; and
 * some events and settings of each kind. No server may run meanwhile: it would be told of each.
 */
export async function storeMessages(databaseUrl: string, tenantId: string, { identities }: Stations): Promise<void> {
  const talking = identities.slice(0, TALKING)
  await withDatabase(databaseUrl, async database => {
    await database.query(
      `select ocpp.ensure_partitions(today - 1, today + 1) from (select (now() at time zone 'UTC')::date as today) day`,
    )
    await database.query(
      `insert into ocpp.messages (tenant_id, identity, connection_id, unique_id, direction, type, method, protocol, time,
         payload, response_ms, error_code, violation, raw)
       select $1, ($2::text[])[call % ${TALKING} + 1], md5((call % ${TALKING})::text)::uuid, call::text,
         case when is_answer then 'OUT' else 'IN' end,
         case when not is_answer then 'CALL' when call % 1000 = 7 then 'CALLERROR' else 'CALLRESULT' end,
         case when call % 5003 = 0 then 'BootNotification' when call % 100 < 70 then 'MeterValues'
           when call % 100 < 90 then 'Heartbeat' when call % 100 < 98 then 'StatusNotification'
           else 'StartTransaction' end,
         'ocpp1.6', now() - (${MESSAGES} - n) * interval '86.4 milliseconds',
         (case when is_answer then '{}' else $3::text end)::json, case when is_answer then 3.2 end,
         case when is_answer and call % 1000 = 7 then 'InternalError' end, null, null
       from (select n, n / 2 as call, n % 2 = 1 as is_answer from generate_series(0, ${MESSAGES - 1}) n) as given`,
      [tenantId, talking, PAYLOAD],
    )
    await database.query(
      `insert into ocpp.connection_states (tenant_id, identity, connection_id, remote_address, protocol, connected_at,
         disconnected_at, message_count, last_message_at)
       select $1, identity, md5((place - 1)::text)::uuid, '127.0.0.1', 'ocpp1.6', now() - interval '1 day', now(),
         ${MESSAGES / TALKING}, now()
       from unnest($2::text[]) with ordinality as s (identity, place)`,
      [tenantId, talking],
    )
    for (const statement of OTHER_STATEMENTS) await database.query(statement, [tenantId])
    await database.query('vacuum analyze')
    await database.query('checkpoint')
  })
}

const PAYLOAD = JSON.stringify({
  connectorId: 1,
  transactionId: 1,
  meterValue: [
    {
      timestamp: '2026-05-10T13:40:00.000Z',
      sampledValue: [
        { value: '1234567.8', measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
        { value: '22080.0', measurand: 'Power.Active.Import', unit: 'W' },
      ],
    },
  ],
})

const ago = `now() - n * interval '4 seconds'`
/** A site of the tenant with settings for smart charging, which are switched off. */
export const SITE = 'bench-site'
/** The station that has an upstream, which is switched off. */
export const PROXIED = 'BENCH-CP-00008'
const OTHER_STATEMENTS = [
  `insert into core.sites (site_id, tenant_id, name, address, postcode, latitude_deg, longitude_deg, power_capacity_kw)
   values ('${SITE}', $1, 'Bench', 'Bench', 'B1', 52.5, -1.9, 100)`,
  `insert into ocpp.site_charging (site_id, tenant_id, enabled, limit_kw, strategy)
   values ('${SITE}', $1, false, 100, 'equal_share')`,
  `insert into ocpp.proxies (identity, tenant_id, upstream_url, upstream_protocol, enabled)
   values ('${PROXIED}', $1, 'wss://upstream.example/ocpp', 'ocpp2.0.1', false)`,
  `insert into ocpp.security_events (tenant_id, category, identity, message, severity, details, time)
   select $1, 'AUTH_FAILED', 'UNKNOWN', 'wrong password', 'low', '{"ip": "10.0.0.1", "attempt": 1}', ${ago}
   from generate_series(${EVENTS}, 1, -1) n`,
  `insert into ocpp.system_events (tenant_id, type, identity, message, details, time)
   select $1, 'STATION_ENROLLED', 'BENCH-CP-00001', 'enrolled by itself', '{}', ${ago}
   from generate_series(${EVENTS}, 1, -1) n`,
  `insert into ocpp.proxy_events (tenant_id, identity, type, from_protocol, to_protocol, method, details, time)
   select $1, 'BENCH-CP-00001', 'forwarded', 'ocpp1.6', 'ocpp2.0.1', 'Heartbeat', '{}', ${ago}
   from generate_series(${EVENTS}, 1, -1) n`,
  `insert into ocpp.charging_decisions (tenant_id, site_id, identity, connector_id, transaction_key, strategy,
     allocated_kw, status, started_at, updated_at)
   select $1, 'site', 'BENCH-CP-00001', 1, 1, 'equal_share', 11, 'ended', ${ago}, ${ago}
   from generate_series(${EVENTS}, 1, -1) n`,
]

async function withDatabase(databaseUrl: string, use: (database: pg.Client) => Promise<void>): Promise<void> {
  const database = new pg.Client({ connectionString: databaseUrl })
  await database.connect()
  try {
    await use(database)
  } finally {
    await database.end()
  }
}
