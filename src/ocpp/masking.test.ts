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

  it('hides what breaks its schema, of whatever type it is', () => {
    for (const payload of [
      { idTag: 1234567890 },
      { idTag: ['1234567890'] },
      { idToken: 1234567890 },
      { basicAuthPassword: ['1234567890'] },
      { key: 'AuthorizationKey', value: ['1234567890'] },
      { vpn: { key: 1234567890 } },
    ]) {
      assert.doesNotMatch(JSON.stringify(maskPayload(payload)), /123456/)
      assert.doesNotMatch(maskText(JSON.stringify([2, 'id', 'X', payload])), /123456/, JSON.stringify(payload))
    }
    assert.deepEqual(maskPayload({ authorizationKey: { text: SECRET } }), { authorizationKey: '***' })
  })

  it('hides what stands in a text that is not quite JSON', () => {
    for (const [text, masked] of [
      [`[2,'1','Authorize',{'idTag':'DEADBEEF1234'}]`, `[2,'1','Authorize',{'idTag':'***1234'}]`],
      ['[2,"1","Authorize",{idTag:"DEADBEEF1234"}]', '[2,"1","Authorize",{idTag:"***1234"}]'],
      ['[2,"1","Authorize",{idTag: DEADBEEF1234}]', '[2,"1","Authorize",{idTag: ***1234}]'],
      ['{"idTag":"DEAD, {BEEF} 1234"', '{"idTag":"***1234"'],
      [`{'key':'AuthorizationKey','value':'${SECRET}'}`, `{'key':'AuthorizationKey','value':'***'}`],
      [`{key:AuthorizationKey,value:${SECRET}}`, '{key:AuthorizationKey,value:***}'],
      [`{'basicAuthPassword' : '${SECRET}'}`, `{'basicAuthPassword' : '***'}`],
      [`{"vpn":{key:'${SECRET}'}}`, `{"vpn":{key:'***'}}`],
    ] as const)
      assert.equal(maskText(text), masked)
  })

  it('takes no longer for a text that is made to take long', () => {
    for (const bait of [
      '?key',
      '&token',
      'a.',
      'a://b',
      '://a@',
      'password',
      '"idtag":"',
      'value:\\',
      'password: [',
      '[ ',
      '\\"',
    ]) {
      const text = `= :// : password ${bait.repeat(10_000 / bait.length)}`
      const before = performance.now()
      maskPayload({ vendorId: 'V', data: text })
      assert.ok(performance.now() - before < 1000, bait)
    }
  })

  it('leaves the rest as it was', () => {
    const payload = {
      key: 'MeterValueSampleInterval',
      value: '60',
      url: 'https://example/path?part=1&user=a@b',
      info: 'key: 1',
    }
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
