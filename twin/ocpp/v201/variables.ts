import type { OCPP20 } from 'typed-ocpp'
import type { Setting } from '../settings.ts'
import type { Station } from '../station.ts'
import { infoOf } from './tokens.ts'

type ReportData = NonNullable<OCPP20.NotifyReportRequest['reportData']>[number]
type Get = OCPP20.GetVariablesRequest['getVariableData'][number]
type Set201 = OCPP20.SetVariablesRequest['setVariableData'][number]
type Asked = NonNullable<OCPP20.GetReportRequest['componentVariable']>

const TYPES = { integer: 'integer', boolean: 'boolean', string: 'string', list: 'MemberList' } as const
/** Variables in one NotifyReport. */
const PAGE = 15

/** What a 2.0.1 station lets the central system see and change of its variables, and its list of tokens. */
export const variables201 = (station: Station) => ({
  GetVariables({ getVariableData }: OCPP20.GetVariablesRequest): OCPP20.GetVariablesResponse {
    return { getVariableResult: getVariableData.map(asked => ({ ...asked, ...read(station, asked) })) } as never
  },
  SetVariables({ setVariableData }: OCPP20.SetVariablesRequest): OCPP20.SetVariablesResponse {
    station.later(() => station.save())
    const setVariableResult = setVariableData.map(asked => {
      const { attributeValue, ...names } = asked
      return { ...names, attributeStatus: write(station, asked) }
    })
    return { setVariableResult } as never
  },
  GetBaseReport({ requestId, reportBase }: OCPP20.GetBaseReportRequest): OCPP20.GetBaseReportResponse {
    const all = inventoryOf(station)
    const isSettable = ({ variableAttribute: [attribute] }: ReportData) => attribute!.mutability !== 'ReadOnly'
    const asked = reportBase === 'ConfigurationInventory' ? all.filter(isSettable) : all
    station.later(() => report(station, requestId, asked))
    return { status: 'Accepted' }
  },
  GetReport({ requestId, componentVariable }: OCPP20.GetReportRequest): OCPP20.GetReportResponse {
    const asked = inventoryOf(station).filter(
      data => componentVariable === undefined || isAskedFor(data, componentVariable),
    )
    if (asked.length === 0) return { status: 'EmptyResultSet' }
    station.later(() => report(station, requestId, asked))
    return { status: 'Accepted' }
  },
  ClearCache(): OCPP20.ClearCacheResponse {
    station.tokens.clearCache()
    return { status: 'Accepted' }
  },
  GetLocalListVersion(): OCPP20.GetLocalListVersionResponse {
    return { versionNumber: station.tokens.list.version }
  },
  SendLocalList(request: OCPP20.SendLocalListRequest): OCPP20.SendLocalListResponse {
    const { versionNumber, updateType, localAuthorizationList = [] } = request
    const changes = localAuthorizationList.map(({ idToken, idTokenInfo }) => ({
      id: idToken.idToken,
      info: idTokenInfo && infoOf(idTokenInfo),
    }))
    station.later(() => station.save())
    return { status: station.tokens.update(versionNumber, updateType, changes) }
  },
  DataTransfer({ vendorId, messageId, data }: OCPP20.DataTransferRequest): OCPP20.DataTransferResponse {
    if (vendorId !== 'org.voltspec.twin') return { status: 'UnknownVendorId' }
    if (messageId !== 'Echo') return { status: 'UnknownMessageId' }
    return { status: 'Accepted', ...(data === undefined ? {} : { data }) }
  },
  /** The way by which the next connection is made; this station has one, and keeps it. */
  SetNetworkProfile({ configurationSlot }: OCPP20.SetNetworkProfileRequest): OCPP20.SetNetworkProfileResponse {
    return { status: configurationSlot === 0 ? 'Rejected' : 'Accepted' }
  },
})

function read({ settings }: Station, { component, variable, attributeType = 'Actual' }: Get) {
  const setting = settings.byVariable(component.name, variable.name)
  if (setting === undefined) return { attributeStatus: missing(settings.isComponent(component.name)) }
  if (attributeType !== 'Actual') return { attributeStatus: 'NotSupportedAttributeType' as const }
  if (setting.access === 'WriteOnly') return { attributeStatus: 'Rejected' as const }
  return { attributeStatus: 'Accepted' as const, attributeValue: setting.value }
}

function write(station: Station, { component, variable, attributeType = 'Actual', attributeValue }: Set201) {
  const { settings, setup, line } = station
  const setting = settings.byVariable(component.name, variable.name)
  if (setting === undefined) return missing(settings.isComponent(component.name))
  if (attributeType !== 'Actual') return 'NotSupportedAttributeType' as const
  if (setting.variable === 'BasicAuthPassword') {
    if (attributeValue.length < 16 || attributeValue.length > 40) return 'Rejected' as const
    setup.state.password = attributeValue
    delete setup.state.passwordBytes
    station.later(() => line.redial())
    return 'Accepted' as const
  }
  return settings.set(setting, attributeValue) === 'Accepted' ? ('Accepted' as const) : ('Rejected' as const)
}

const missing = (isComponent: boolean) => (isComponent ? ('UnknownVariable' as const) : ('UnknownComponent' as const))

/** Everything that can be reported: settings, and what the station is. */
function inventoryOf({ settings, setup, outlets }: Station): ReportData[] {
  const { model, state } = setup
  const fixed = (component: string, variable: string, value: string, evse?: number): ReportData => ({
    component: { name: component, ...(evse === undefined ? {} : { evse: { id: evse } }) },
    variable: { name: variable },
    variableAttribute: [{ value, mutability: 'ReadOnly' }],
    variableCharacteristics: { dataType: 'string', supportsMonitoring: false },
  })
  return [
    ...settings.all.flatMap(setting => describe(setting)),
    fixed('ChargingStation', 'VendorName', model.manufacturer),
    fixed('ChargingStation', 'Model', model.model),
    fixed('ChargingStation', 'SerialNumber', state.identity),
    fixed('ChargingStation', 'FirmwareVersion', state.firmware),
    fixed('ChargingStation', 'SupplyPhases', '3'),
    ...outlets.flatMap(({ id, available }) => [
      fixed('EVSE', 'Power', String((model.power * 1000) / model.connectors), id),
      fixed('EVSE', 'AvailabilityState', available ? 'Available' : 'Unavailable', id),
    ]),
  ]
}

function describe({ component, variable, type, value, access, unit }: Setting): ReportData[] {
  if (component === undefined || variable === undefined) return []
  return [
    {
      component: { name: component },
      variable: { name: variable },
      variableAttribute: [{ mutability: access, ...(access === 'WriteOnly' ? {} : { value }) }],
      variableCharacteristics: {
        dataType: TYPES[type],
        supportsMonitoring: false,
        ...(unit === undefined ? {} : { unit }),
      },
    },
  ]
}

function isAskedFor({ component, variable }: ReportData, asked: Asked): boolean {
  return asked.some(
    each =>
      each.component.name === component.name &&
      (each.component.evse === undefined || each.component.evse.id === component.evse?.id) &&
      (each.variable === undefined || each.variable.name === variable.name),
  )
}

async function report({ line, setup }: Station, requestId: number, data: ReportData[]): Promise<void> {
  const generatedAt = new Date(setup.clock.now()).toISOString()
  for (let from = 0, seqNo = 0; from < data.length; from += PAGE, seqNo++) {
    const reportData = data.slice(from, from + PAGE)
    await line.call('NotifyReport', { requestId, generatedAt, seqNo, tbc: from + PAGE < data.length, reportData })
  }
}
