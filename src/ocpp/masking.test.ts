import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { maskPayload, maskText } from './masking.ts'

const SECRET = 'correct-horse-battery'

describe('masking', () => {
  for (const [action, payload] of Object.entries<unknown>({
    ChangeConfiguration: { key: 'AuthorizationKey', value: SECRET },
    GetConfiguration: { configurationKey: [{ key: 'authorizationKey', readonly: false, value: SECRET }] },
    SetVariables: {
      setVariableData: [
        { attributeValue: SECRET, component: { name: 'SecurityCtrlr' }, variable: { name: 'BasicAuthPassword' } },
      ],
    },
    GetVariables: { getVariableResult: [{ variable: { name: 'BasicAuthPassword' }, attributeValue: SECRET }] },
    NotifyReport: { reportData: [{ variable: { name: 'BasicAuthPassword' }, variableAttribute: [{ value: SECRET }] }] },
    SetNetworkProfile: {
      connectionData: {
        basicAuthPassword: SECRET,
        ocppCsmsUrl: `wss://user:${SECRET}@csms.example/ocpp`,
        apn: { apn: 'internet', apnPassword: SECRET },
        vpn: { server: 's', user: 'u', password: SECRET, key: SECRET, type: 'IPSec' },
      },
    },
    GetDiagnostics: { location: `ftp://user:${SECRET}@files.example/upload` },
    GetLog: { log: { remoteLocation: `https://files.example/put?X-Signature=${SECRET}&part=1` } },
    UpdateFirmware: { location: `https://files.example/f.bin?part=1&access_token=${SECRET}#x` },
    DataTransfer: { vendorId: 'V', data: `{"url":"https://u:${SECRET}@example/"}` },
    'DataTransfer with a key': { vendorId: 'V', data: JSON.stringify({ AuthorizationKey: SECRET }) },
    'DataTransfer with a setting': { vendorId: 'V', data: JSON.stringify({ key: 'WifiPassword', value: SECRET }) },
    'DataTransfer with a tag': { vendorId: 'V', data: JSON.stringify({ idTag: SECRET }) },
    'a variable of the network': { setVariableData: [{ attributeValue: SECRET, variable: { name: 'ApnPassword' } }] },
  }))
    it(`hides what ${action} must not tell`, () => {
      const masked = JSON.stringify(maskPayload(payload))
      assert.ok(!masked.includes(SECRET), masked)
      assert.ok(!maskText(JSON.stringify([2, 'id', action, payload]).slice(0, -1)).includes(SECRET))
    })

  it('keeps the last four characters of a token, and nothing of a short one', () => {
    const payload = {
      idTag: 'DEADBEEF1234',
      idToken: {
        idToken: '04A2B3C4',
        type: 'ISO14443',
        additionalInfo: [{ additionalIdToken: 'abcdefgh', type: 'x' }],
      },
      localAuthorizationList: [{ idTag: '1234', idTagInfo: { parentIdTag: 'PARENT-9' } }],
    }
    assert.deepEqual(maskPayload(payload), {
      idTag: '***1234',
      idToken: { idToken: '***B3C4', type: 'ISO14443', additionalInfo: [{ additionalIdToken: '***efgh', type: 'x' }] },
      localAuthorizationList: [{ idTag: '***', idTagInfo: { parentIdTag: '***NT-9' } }],
    })
    assert.match(maskText('[2,"1","Authorize",{"idTag":"DEADBEEF1234"'), /"\*\*\*1234"/)
  })

  it('hides the PIN of a SIM, which is a number', () => {
    assert.deepEqual(maskPayload({ apn: { apn: 'internet', simPin: 1234 } }), {
      apn: { apn: 'internet', simPin: '***' },
    })
  })

  it('leaves the rest as it was', () => {
    const payload = { key: 'MeterValueSampleInterval', value: '60', url: 'https://example/path?part=1' }
    assert.deepEqual(maskPayload(payload), payload)
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'connectorId'), fc.jsonValue()), payload => {
        const before = JSON.stringify(payload)
        maskPayload(payload)
        assert.equal(JSON.stringify(payload), before)
      }),
    )
  })
})
