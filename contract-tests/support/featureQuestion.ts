type Payload = { key?: string[]; getVariableData?: object[] }

/**
 * What a station of a test answers when the server asks what it can do, which every boot is followed by and few tests are
 * about; undefined for any other call.
 */
export function answerFeatureQuestion(action: string | undefined, payload: unknown): object | undefined {
  const { key = [], getVariableData = [] } = payload as Payload
  if (action === 'GetConfiguration' && key[0] === 'SupportedFeatureProfiles') return { unknownKey: key }
  if (action === 'GetVariables' && JSON.stringify(getVariableData).includes('"Available"'))
    return { getVariableResult: getVariableData.map(asked => ({ ...asked, attributeStatus: 'UnknownComponent' })) }
  return undefined
}
