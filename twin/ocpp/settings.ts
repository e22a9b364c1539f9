/** One setting of a station, under the name that 1.6 has for it and under that of 2.0.1. */
export interface Setting {
  key?: string
  component?: string
  variable?: string
  type: 'integer' | 'boolean' | 'string' | 'list'
  value: string
  access: 'ReadOnly' | 'ReadWrite' | 'WriteOnly'
  unit?: string
  min?: number
}

export type SetResult = 'Accepted' | 'Rejected' | 'ReadOnly'

type Names = [key: string | undefined, component?: string, variable?: string]

const MEASURANDS = 'Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC,Temperature'

/** Every setting of a station with so many connectors. */
function settingsOf(connectors: number): Setting[] {
  const integer = ([key, component, variable]: Names, value: number, more: Partial<Setting> = {}): Setting =>
    make([key, component, variable], { type: 'integer', value: String(value), access: 'ReadWrite', min: 0, ...more })
  const boolean = (names: Names, value: boolean): Setting =>
    make(names, { type: 'boolean', value: String(value), access: 'ReadWrite' })
  const fixed = (names: Names, value: string | number): Setting =>
    make(names, {
      type: typeof value === 'number' ? 'integer' : 'string',
      value: String(value),
      access: 'ReadOnly',
    })
  const seconds = { unit: 's' }
  return [
    integer(['HeartbeatInterval', 'OCPPCommCtrlr', 'HeartbeatInterval'], 300, { ...seconds, min: 1 }),
    integer(['WebSocketPingInterval', 'OCPPCommCtrlr', 'WebSocketPingInterval'], 30, { ...seconds, min: 1 }),
    integer(['TransactionMessageAttempts', 'OCPPCommCtrlr', 'MessageAttempts'], 3, { min: 1 }),
    integer(['TransactionMessageRetryInterval', 'OCPPCommCtrlr', 'MessageAttemptInterval'], 5, seconds),
    integer(['ResetRetries', 'OCPPCommCtrlr', 'ResetRetries'], 1),
    integer(['MeterValueSampleInterval', 'SampledDataCtrlr', 'TxUpdatedInterval'], 10, seconds),
    make(['MeterValuesSampledData', 'SampledDataCtrlr', 'TxUpdatedMeasurands'], {
      type: 'list',
      value: MEASURANDS,
      access: 'ReadWrite',
    }),
    integer(['ClockAlignedDataInterval', 'AlignedDataCtrlr', 'Interval'], 0, seconds),
    integer(['ConnectionTimeOut', 'TxCtrlr', 'EVConnectionTimeOut'], 60, { ...seconds, min: 1 }),
    boolean(['StopTransactionOnInvalidId', 'TxCtrlr', 'StopTxOnInvalidId'], true),
    fixed(['StopTransactionOnEVSideDisconnect', 'TxCtrlr', 'StopTxOnEVSideDisconnect'], 'true'),
    boolean(['AuthorizeRemoteTxRequests', 'AuthCtrlr', 'AuthorizeRemoteStart'], true),
    boolean(['LocalAuthorizeOffline', 'AuthCtrlr', 'LocalAuthorizeOffline'], true),
    boolean(['LocalPreAuthorize', 'AuthCtrlr', 'LocalPreAuthorize'], false),
    boolean(['AllowOfflineTxForUnknownId', 'AuthCtrlr', 'OfflineTxForUnknownIdEnabled'], true),
    boolean(['AuthorizationCacheEnabled', 'AuthCacheCtrlr', 'Enabled'], true),
    boolean(['LocalAuthListEnabled', 'LocalAuthListCtrlr', 'Enabled'], true),
    fixed(['LocalAuthListMaxLength', 'LocalAuthListCtrlr', 'Entries'], 1000),
    fixed(['SendLocalListMaxLength', 'LocalAuthListCtrlr', 'ItemsPerMessage'], 200),
    fixed(['ChargeProfileMaxStackLevel', 'SmartChargingCtrlr', 'ProfileStackLevel'], 10),
    fixed(['ChargingScheduleMaxPeriods', 'SmartChargingCtrlr', 'PeriodsPerSchedule'], 24),
    fixed(['MaxChargingProfilesInstalled', 'SmartChargingCtrlr', 'Entries'], 100),
    fixed(['ChargingScheduleAllowedChargingRateUnit'], 'Current,Power'),
    fixed([undefined, 'SmartChargingCtrlr', 'RateUnit'], 'A,W'),
    fixed(['NumberOfConnectors'], connectors),
    fixed(['GetConfigurationMaxKeys'], 100),
    fixed(
      ['SupportedFeatureProfiles'],
      'Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger',
    ),
    ...['LocalAuthListCtrlr', 'ReservationCtrlr', 'SmartChargingCtrlr', 'MonitoringCtrlr', 'DisplayMessageCtrlr'].map(
      component => make([undefined, component, 'Available'], { type: 'boolean', value: 'true', access: 'ReadOnly' }),
    ),
    fixed(['SecurityProfile', 'SecurityCtrlr', 'SecurityProfile'], 1),
    make(['CpoName', 'SecurityCtrlr', 'OrganizationName'], { type: 'string', value: '', access: 'ReadWrite' }),
    make(['AuthorizationKey', 'SecurityCtrlr', 'BasicAuthPassword'], {
      type: 'string',
      value: '',
      access: 'WriteOnly',
    }),
  ]
}

function make([key, component, variable]: Names, rest: Omit<Setting, 'key' | 'component' | 'variable'>): Setting {
  return {
    ...rest,
    ...(key === undefined ? {} : { key }),
    ...(component === undefined ? {} : { component }),
    ...(variable === undefined ? {} : { variable }),
  }
}

/** The settings of a station, for both versions. */
export class Settings {
  readonly all: readonly Setting[]

  /** @param kept values that were changed in earlier runs, by key of 1.6 */
  constructor(connectors: number, kept: Record<string, string>) {
    this.all = settingsOf(connectors)
    for (const setting of this.all) setting.value = kept[setting.key ?? ''] ?? setting.value
  }

  number(key: string): number {
    return Number(this.text(key))
  }

  flag(key: string): boolean {
    return this.text(key) === 'true'
  }

  text(key: string): string {
    return this.byKey(key)!.value
  }

  byKey(key: string): Setting | undefined {
    return this.all.find(setting => setting.key?.toLowerCase() === key.toLowerCase())
  }

  byVariable(component: string, variable: string): Setting | undefined {
    const isSame = (name: string | undefined, other: string) => name?.toLowerCase() === other.toLowerCase()
    return this.all.find(setting => isSame(setting.component, component) && isSame(setting.variable, variable))
  }

  isComponent(component: string): boolean {
    return this.all.some(setting => setting.component?.toLowerCase() === component.toLowerCase())
  }

  /** Gives a setting a value, when it can be the value of it. */
  set(setting: Setting, value: string): SetResult {
    if (setting.access === 'ReadOnly') return 'ReadOnly'
    if (setting.type === 'boolean' && !/^(true|false)$/i.test(value)) return 'Rejected'
    if (setting.type === 'integer' && !(/^\d{1,9}$/.test(value) && Number(value) >= (setting.min ?? 0)))
      return 'Rejected'
    setting.value = setting.type === 'boolean' ? value.toLowerCase() : value
    return 'Accepted'
  }

  /** What differs from the factory's, by key; without secrets, which the station keeps elsewhere. */
  changed(connectors: number): Record<string, string> {
    const factory = settingsOf(connectors)
    return Object.fromEntries(
      this.all.flatMap(({ key, value, access }, index) =>
        key === undefined || access !== 'ReadWrite' || value === factory[index]!.value ? [] : [[key, value]],
      ),
    )
  }
}
