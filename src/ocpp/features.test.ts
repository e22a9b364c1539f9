import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { featuresOf2, featuresOf16, VARIABLE_QUESTIONS } from './features.ts'

const key = (value: string) => ({ configurationKey: [{ key: 'SupportedFeatureProfiles', readonly: true, value }] })
const told = (name: string, variable: string, attributeValue?: string) => ({
  component: { name },
  variable: { name: variable },
  ...(attributeValue === undefined
    ? { attributeStatus: 'UnknownVariable' as const }
    : { attributeStatus: 'Accepted' as const, attributeValue }),
})

describe('the features of a 1.6 station', () => {
  it('are the profiles of its list, however it spaces them', () => {
    assert.deepEqual(featuresOf16(key('SmartCharging, Core,firmwaremanagement')), [
      'Core',
      'FirmwareManagement',
      'SmartCharging',
    ])
  })

  it('are none that this server does not know, and none where nothing is said', () => {
    assert.deepEqual(featuresOf16(key('Core,VendorMagic,')), ['Core'])
    assert.deepEqual(featuresOf16({ unknownKey: ['SupportedFeatureProfiles'] }), [])
  })
})

describe('the features of a 2.x station', () => {
  it('are what is available and not switched off', () => {
    assert.deepEqual(
      featuresOf2([
        told('SmartChargingCtrlr', 'Available', 'true'),
        told('SmartChargingCtrlr', 'Enabled', 'True'),
        told('ReservationCtrlr', 'Available', 'true'),
        told('ReservationCtrlr', 'Enabled', 'false'),
        told('LocalAuthListCtrlr', 'Available'),
        told('LocalAuthListCtrlr', 'Enabled', 'true'),
        told('MonitoringCtrlr', 'Available'),
        told('MonitoringCtrlr', 'Enabled'),
      ]),
      ['LocalAuthListManagement', 'SmartCharging'],
    )
  })

  it('are asked for once each, with few variables in a call', () => {
    const names = VARIABLE_QUESTIONS.flat().map(({ component, variable }) => `${component.name}.${variable.name}`)
    assert.equal(new Set(names).size, names.length)
    assert.ok(names.includes('SmartChargingCtrlr.Available'))
    assert.ok(VARIABLE_QUESTIONS.every(question => question.length <= 4))
  })
})
