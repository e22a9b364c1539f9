import type { Knex } from 'knex'
import type { Station } from '../ocpp/action.ts'

interface Component {
  name: string
  instance?: string
  evse?: { id: number; connectorId?: number }
}

interface Variable {
  name: string
  instance?: string
}

/** A variable of the device model of OCPP 2.x with its attributes. */
export interface ReportedVariable {
  component: Component
  variable: Variable
  variableAttribute: { type?: string; value?: string; mutability?: string }[]
  variableCharacteristics?: object
}

/** A component and variable with the monitors that watch it. */
export interface ReportedMonitors {
  component: Component
  variable: Variable
  variableMonitoring: { id: number; transaction: boolean; value: number; type: string; severity: number }[]
}

const KEY = [
  'identity',
  'component',
  'component_instance',
  'evse_id',
  'connector_id',
  'variable',
  'variable_instance',
  'attribute',
]

/** Keeps the value of every attribute, in place of what an older report said of it. */
export async function store(
  db: Knex,
  { tenantId, identity }: Station,
  variables: ReportedVariable[],
  at: Date,
): Promise<void> {
  const rows = variables.flatMap(({ component, variable, variableAttribute, variableCharacteristics }) =>
    variableAttribute.map(({ type = 'Actual', value, mutability = 'ReadWrite' }) => ({
      tenant_id: tenantId,
      identity,
      component: component.name,
      component_instance: component.instance ?? null,
      evse_id: component.evse?.id ?? null,
      connector_id: component.evse?.connectorId ?? null,
      variable: variable.name,
      variable_instance: variable.instance ?? null,
      attribute: type,
      value: value ?? null,
      mutability,
      characteristics: variableCharacteristics === undefined ? null : JSON.stringify(variableCharacteristics),
      reported_at: at,
    })),
  )
  await putLatest(db, 'ocpp.variables', rows, KEY)
}

/** Keeps every monitor by its id, in place of what an older report said of it. */
export async function storeMonitors(
  db: Knex,
  { tenantId, identity }: Station,
  monitors: ReportedMonitors[],
  at: Date,
): Promise<void> {
  const rows = monitors.flatMap(({ component, variable, variableMonitoring }) =>
    variableMonitoring.map(({ id, transaction, value, type, severity }) => ({
      tenant_id: tenantId,
      identity,
      monitor_id: id,
      component: JSON.stringify(component),
      variable: JSON.stringify(variable),
      type,
      value,
      severity,
      only_in_transaction: transaction,
      reported_at: at,
    })),
  )
  await putLatest(db, 'ocpp.variable_monitors', rows, ['identity', 'monitor_id'])
}

/** One statement for all rows; of two with the same key the later stays, which Postgres would refuse to decide. */
async function putLatest(db: Knex, table: string, rows: Record<string, unknown>[], key: string[]): Promise<void> {
  if (rows.length === 0) return
  const latest = new Map(rows.map(row => [JSON.stringify(key.map(column => row[column])), row]))
  await db(table)
    .insert([...latest.values()])
    .onConflict(key)
    .merge()
}
