import type { OCPP16 } from 'typed-ocpp'
import type { Station } from '../station.ts'

/** What a 1.6 station lets the central system see and change of its settings, and its list of tags. */
export const configuration16 = (station: Station) => ({
  GetConfiguration({ key = [] }: OCPP16.GetConfigurationRequest): OCPP16.GetConfigurationResponse {
    const { settings } = station
    const asked = key.length === 0 ? settings.all : key.flatMap(name => settings.byKey(name) ?? [])
    const configurationKey = asked.flatMap(setting =>
      setting.key === undefined
        ? []
        : [
            {
              key: setting.key,
              readonly: setting.access === 'ReadOnly',
              ...(setting.access === 'WriteOnly' ? {} : { value: setting.value }),
            },
          ],
    )
    return { configurationKey, unknownKey: key.filter(name => settings.byKey(name) === undefined) }
  },
  ChangeConfiguration({ key, value }: OCPP16.ChangeConfigurationRequest): OCPP16.ChangeConfigurationResponse {
    const setting = station.settings.byKey(key)
    if (setting === undefined) return { status: 'NotSupported' }
    if (setting.key === 'AuthorizationKey') return { status: changePassword(station, value) }
    const result = station.settings.set(setting, value)
    if (result === 'Accepted') station.later(() => station.save())
    return { status: result === 'Accepted' ? 'Accepted' : 'Rejected' }
  },
  ClearCache(): OCPP16.ClearCacheResponse {
    station.tokens.clearCache()
    return { status: 'Accepted' }
  },
  GetLocalListVersion(): OCPP16.GetLocalListVersionResponse {
    return { listVersion: station.tokens.list.version }
  },
  SendLocalList(request: OCPP16.SendLocalListRequest): OCPP16.SendLocalListResponse {
    if (!station.settings.flag('LocalAuthListEnabled')) return { status: 'NotSupported' }
    const { listVersion, updateType, localAuthorizationList = [] } = request
    const changes = localAuthorizationList.map(({ idTag, idTagInfo: info }) => ({
      id: idTag,
      info: info && {
        status: info.status,
        ...(info.expiryDate === undefined ? {} : { until: Date.parse(info.expiryDate) }),
        ...(info.parentIdTag === undefined ? {} : { group: info.parentIdTag }),
      },
    }))
    station.later(() => station.save())
    return { status: station.tokens.update(listVersion, updateType, changes) }
  },
  DataTransfer({ vendorId, messageId, data }: OCPP16.DataTransferRequest): OCPP16.DataTransferResponse {
    if (vendorId !== 'org.voltspec.twin') return { status: 'UnknownVendorId' }
    if (messageId !== 'Echo') return { status: 'UnknownMessageId' }
    return { status: 'Accepted', ...(data === undefined ? {} : { data }) }
  },
})

/** 1.6 writes the password in hex. The next connection is made with it. */
function changePassword(station: Station, value: string): 'Accepted' | 'Rejected' {
  if (!/^([0-9a-f]{2}){16,20}$/i.test(value)) return 'Rejected'
  station.setup.state.passwordBytes = value
  station.later(async () => {
    await station.save()
    station.line.redial()
  })
  return 'Accepted'
}
