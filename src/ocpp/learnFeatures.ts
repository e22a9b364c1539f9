import type { OCPP16, OCPP20 } from 'typed-ocpp'
import * as stationRegistrations from '../store/stationRegistrations.ts'
import type { StationCall } from './action.ts'
import { featuresOf2, featuresOf16, PROFILES_KEY, VARIABLE_QUESTIONS } from './features.ts'
import { check } from './schemas.ts'

type Asked = Pick<StationCall<unknown>, 'db' | 'protocol' | 'station' | 'stations'>

/**
 * Asks a station that has been accepted what it can do, and keeps that. What is known stays where it does not answer, or
 * not as its version says.
 */
export async function learnFeatures(asked: Asked): Promise<void> {
  // A proxy's upstream may have answered something else.
  if (asked.station.registration !== 'Accepted') return
  const features = asked.protocol === 'ocpp1.6' ? await featuresIn16(asked) : await featuresIn2(asked)
  if (features !== undefined) await stationRegistrations.noteFeatures(asked.db, asked.station, features)
}

async function featuresIn16(asked: Asked): Promise<string[] | undefined> {
  const answer = await ask<OCPP16.GetConfigurationResponse>(asked, 'GetConfiguration', { key: [PROFILES_KEY] })
  return answer && featuresOf16(answer)
}

async function featuresIn2(asked: Asked): Promise<string[] | undefined> {
  const told: OCPP20.GetVariablesResponse['getVariableResult'] = []
  for (const getVariableData of VARIABLE_QUESTIONS) {
    const answer = await ask<OCPP20.GetVariablesResponse>(asked, 'GetVariables', { getVariableData })
    if (answer === undefined) return undefined
    told.push(...answer.getVariableResult)
  }
  return featuresOf2(told)
}

/** Other calls may go before the next one: each is sent only when the one before it is answered. */
async function ask<Answer>(
  { protocol, station, stations }: Asked,
  action: string,
  payload: Record<string, unknown>,
): Promise<Answer | undefined> {
  const outcome = await stations.call(station.identity, action, payload)
  // Of a station that is not held to the schemas, an answer may be anything.
  if (outcome.kind !== 'result' || check(protocol, action, 'response', outcome.payload) !== undefined) return undefined
  return outcome.payload as Answer
}
