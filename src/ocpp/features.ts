import type { OCPP16, OCPP20 } from 'typed-ocpp'

/** The feature profiles of OCPP 1.6 that this server knows, too. */
const PROFILES = [
  'Core',
  'FirmwareManagement',
  'LocalAuthListManagement',
  'Reservation',
  'SmartCharging',
  'RemoteTrigger',
]

/** The components that OCPP 2.x has for what 1.6 calls a feature profile, and for what came after it. */
const COMPONENTS: Record<string, string> = {
  LocalAuthListCtrlr: 'LocalAuthListManagement',
  ReservationCtrlr: 'Reservation',
  SmartChargingCtrlr: 'SmartCharging',
  MonitoringCtrlr: 'Monitoring',
  DisplayMessageCtrlr: 'DisplayMessage',
}

/** The key of 1.6 that lists the feature profiles of a station. */
export const PROFILES_KEY = 'SupportedFeatureProfiles'

/** What a 2.x station is asked, two features at a time: stations bound how many variables one call may name. */
export const VARIABLE_QUESTIONS: OCPP20.GetVariablesRequest['getVariableData'][] = inPairs(
  Object.keys(COMPONENTS).map(name =>
    ['Available', 'Enabled'].map(variable => ({ component: { name }, variable: { name: variable } })),
  ),
)

type Questions = OCPP20.GetVariablesRequest['getVariableData']

function inPairs(questions: Questions[]): Questions[] {
  return questions.flatMap((one, index) => (index % 2 === 0 ? [[...one, ...(questions[index + 1] ?? [])]] : []))
}

/** The feature profiles that a 1.6 station and this server both know, in the order of the specification. */
export function featuresOf16({ configurationKey = [] }: OCPP16.GetConfigurationResponse): string[] {
  const told = configurationKey.find(({ key }) => key.toLowerCase() === PROFILES_KEY.toLowerCase())?.value ?? ''
  const names = told.split(',').map(name => name.trim().toLowerCase())
  return PROFILES.filter(profile => names.includes(profile.toLowerCase()))
}

/** What a 2.x station has and has not switched off. Both variables are optional, so that either of them is enough. */
export function featuresOf2(told: OCPP20.GetVariablesResponse['getVariableResult']): string[] {
  return Object.entries(COMPONENTS).flatMap(([name, feature]) => {
    const values = told.flatMap(({ component, attributeStatus, attributeValue }) =>
      component.name.toLowerCase() === name.toLowerCase() && attributeStatus === 'Accepted' && attributeValue
        ? [attributeValue.trim().toLowerCase()]
        : [],
    )
    return values.includes('true') && !values.includes('false') ? [feature] : []
  })
}
