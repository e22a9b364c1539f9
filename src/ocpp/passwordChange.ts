import type { Outcome } from './action.ts'

type Payload = Record<string, unknown>

interface Call {
  action: string
  payload: Payload
}

interface Variable {
  component?: { name?: string }
  variable?: { name?: string }
  attributeType?: string
}

const isKey = (name: unknown, wanted: string) => typeof name === 'string' && name.toLowerCase() === wanted

const isPassword = ({ component, variable, attributeType = 'Actual' }: Variable) =>
  isKey(component?.name, 'securityctrlr') && isKey(variable?.name, 'basicauthpassword') && attributeType === 'Actual'

/**
 * The password that a call gives to a station, as the bytes that it proves itself by then: ChangeConfiguration of
 * `AuthorizationKey` (1.6, in hexadecimal digits) and SetVariables of `BasicAuthPassword` (2.x). Undefined for all others.
 */
export function newPasswordIn({ action, payload }: Call): Buffer | undefined {
  if (action === 'ChangeConfiguration' && isKey(payload.key, 'authorizationkey')) {
    const value = String(payload.value)
    return Buffer.from(value, /^([0-9a-f]{2})+$/i.test(value) ? 'hex' : 'utf8')
  }
  const variables =
    action === 'SetVariables' ? (payload.setVariableData as (Variable & { attributeValue: string })[]) : []
  const last = variables.findLast(isPassword)
  return last && Buffer.from(last.attributeValue)
}

/**
 * What a station has made of a new password: it proves itself by it from now on, it does not, or it may do either, such as
 * when it has to start anew first, or hangs up before it answers.
 */
export function resultOf({ action }: Call, outcome: Outcome): 'taken' | 'refused' | 'unknown' {
  if (outcome.kind === 'error' || (outcome.kind === 'offline' && outcome.unsent)) return 'refused'
  if (outcome.kind !== 'result') return 'unknown'
  const status = action === 'SetVariables' ? statusOfVariable(outcome.payload) : outcome.payload.status
  if (status === 'Accepted') return 'taken'
  return status === 'RebootRequired' ? 'unknown' : 'refused'
}

function statusOfVariable({ setVariableResult = [] }: Payload): unknown {
  const results = setVariableResult as (Variable & { attributeStatus: string })[]
  return results.findLast(isPassword)?.attributeStatus
}
