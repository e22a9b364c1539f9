import type { Knex } from 'knex'
import { notFound } from '../errors.ts'
import { exists } from './connectorLookup.ts'
import { CONNECTORS_OF_DEVICE, type Connector } from './connectors.ts'
import { instant } from './instant.ts'
import { LINK_OF_DEVICE } from './ocppLinks.ts'
import type { Page, Paging } from './page.ts'
import { pageSql, readPage } from './page.ts'
import { placeDevices } from './registration.ts'
import { SHARED_DEVICE, STATION_OF_DEVICE, WITH_SHARING } from './stationDevices.ts'
import { isUuid } from './uuid.ts'

/** A charger with the live state of its connectors. */
export interface Device {
  device_id: string
  sn: string
  model: string
  manufacturer: string
  firmware_version: string
  status: 'online' | 'offline'
  connectors: Connector[]
  last_heartbeat: string | null
  site_id: string | null
  created_at: string
  /** Of the station that is linked to it, while its site consents. */
  ocpp_identity?: string
  ocpp_version?: '1.6-J' | '2.0.1' | '2.1'
  /** The average of the last five minutes. */
  ocpp_csms_messages_per_minute?: number
  ocpp_csms_last_message_at?: string
  ocpp_negotiated_features?: string[]
  connectedHost?: string
  connectedWsPort?: number
  connectedWebPort?: number
  enableConnection?: boolean
}

/** As the database tells it: what is known of OCPP apart, since it is absent where there is none. */
type Row = Device & { link: Partial<Device> | null; station: Partial<Device> | null }

const withLink = ({ link, station, ...device }: Row): Device => ({ ...device, ...link, ...station })

export interface DeviceFilter extends Paging {
  site_id?: string
  status?: Device['status']
  ocpp_identity?: string
}

const STATUS = `
  case when t.heartbeat_status is distinct from 'offline'
    and t.last_heartbeat_at > now() - make_interval(secs => :grace) then 'online' else 'offline' end`

const COLUMNS = `
  t.device_id, t.sn, t.model, t.manufacturer, t.firmware_version, ${STATUS} as status,
  ${CONNECTORS_OF_DEVICE} as connectors, ${instant('t.last_heartbeat_at')} as last_heartbeat, t.site_id,
  ${instant('t.created_at')} as created_at, ${LINK_OF_DEVICE} as link,
  ${STATION_OF_DEVICE} as station`

const LIST = pageSql({
  table: 'core.devices',
  where: `t.tenant_id = :tenant
    and (cast(:site as text) is null or t.site_id = :site)
    and (cast(:status as text) is null or ${STATUS} = :status)
    and (cast(:identity as text) is null or t.device_id = (
      select ${SHARED_DEVICE} from ocpp.stations s ${WITH_SHARING} where s.identity = :identity))`,
  order: 't.sn',
  columns: COLUMNS,
})

/** The tenant's chargers by serial number. A charger is online until `graceSeconds` after its last heartbeat. */
export async function list(
  db: Knex,
  tenantId: string,
  filter: DeviceFilter,
  graceSeconds: number,
): Promise<Page<Device>> {
  const { site_id = null, status = null, ocpp_identity = null } = filter
  const bindings = { tenant: tenantId, site: site_id, status, identity: ocpp_identity, grace: graceSeconds }
  const page = await readPage<Row>(db, LIST, bindings, filter)
  return { ...page, items: page.items.map(withLink) }
}

export async function find(
  db: Knex,
  tenantId: string,
  deviceId: string,
  graceSeconds: number,
): Promise<Device | undefined> {
  if (!isUuid(deviceId)) return undefined
  const { rows } = await db.raw(
    `select ${COLUMNS} from core.devices t where t.device_id = :device and t.tenant_id = :tenant`,
    { device: deviceId, tenant: tenantId, grace: graceSeconds },
  )
  return rows.map(withLink)[0]
}

/**
 * Puts a charger on a site of the tenant, or on none.
 *
 * @throws notFound for a charger or a site that is not the tenant's
 */
export async function place(db: Knex, tenantId: string, deviceId: string, siteId: string | null): Promise<void> {
  await db.transaction(async transaction => {
    // Whose charger it is comes first: of another tenant's nothing is told, whatever the site.
    if (!(await exists(transaction, tenantId, deviceId, null))) throw notFound('device')
    if (siteId !== null) {
      const site = await transaction('core.sites').first('site_id').where({ site_id: siteId, tenant_id: tenantId })
      if (site === undefined) throw notFound('site')
    }
    await placeDevices(transaction, tenantId, siteId, [deviceId])
  })
}
