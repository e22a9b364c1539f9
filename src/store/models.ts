import type { Knex } from 'knex'
import type { Page, Paging } from './page.ts'
import { pageSql, readPage } from './page.ts'

/** A charger model of the catalogue, which all tenants share. Powers in kW. */
export interface ChargerModel {
  model: string
  manufacturer: string
  current_type: 'AC' | 'DC'
  connectors: number
  max_power: number
  /** Null when it cannot discharge. */
  max_discharge_power: number | null
  v2g: boolean
  connector_types: string[]
}

const LIST = pageSql({
  table: 'core.device_models',
  where: 'true',
  order: 't.manufacturer, t.model',
  columns: `
    t.model, t.manufacturer, t.current_type, t.connector_count as connectors, t.max_power_kw as max_power,
    t.max_discharge_power_kw as max_discharge_power, t.max_discharge_power_kw is not null as v2g, t.connector_types`,
})

/** The catalogue by manufacturer and model. */
export async function list(db: Knex, paging: Paging): Promise<Page<ChargerModel>> {
  return readPage(db, LIST, {}, paging)
}
