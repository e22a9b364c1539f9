import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isInternal, lookupOutside, refusalOf } from './allowedHosts.ts'

const ALLOWED = ['csms.example.com', 'Other.example.com:8443', '127.0.0.1:9000', '[::1]:9000']

describe('an upstream', () => {
  for (const url of [
    'wss://csms.example.com/ocpp',
    'ws://csms.example.com:1234/',
    'wss://CSMS.example.com',
    'wss://other.example.com:8443/x',
    'ws://127.0.0.1:9000',
    'ws://[::1]:9000/',
    'ws://2130706433:9000/',
  ])
    it(`may be ${url}`, () => assert.equal(refusalOf(url, ALLOWED), undefined))
  for (const url of [
    'nonsense',
    'http://csms.example.com',
    'file:///etc/passwd',
    'wss://csms.example.com.',
    'wss://csms.example.com.evil.test',
    'wss://csms.example.com@evil.test/',
    'wss://user:secret@csms.example.com/',
    'wss://csms.example.com/?token=1',
    'wss://csms.example.com/#x',
    'wss://csms.example.com#',
    'wss://csms.example.com?',
    'wss://csms.example.com ',
    'wss://csms.example.com\u0001',
    'wss://other.example.com/',
    'ws://127.0.0.1/',
    'ws://localhost:9000/',
    'ws://[::ffff:127.0.0.1]:9000/',
    'ws://127.0.0.2:9000/',
  ])
    it(`may not be ${url}`, () => assert.equal(typeof refusalOf(url, ALLOWED), 'string'))
  it('may be nobody without a list', () => assert.equal(typeof refusalOf('wss://csms.example.com', []), 'string'))
})

describe('internal addresses', () => {
  for (const address of ['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.169.254', '0.0.0.0'])
    it(`are ${address}`, () => assert.ok(isInternal(address)))
  for (const address of ['::1', '::', '::ffff:10.0.0.1', 'fe80::1', 'fd00::1'])
    it(`are ${address}`, () => assert.ok(isInternal(address)))
  for (const address of ['8.8.8.8', '172.32.0.1', '2606:4700::1111'])
    it(`are not ${address}`, () => assert.ok(!isInternal(address)))
  it('are not where a name may lead', async () => {
    const error = await new Promise(resolve => lookupOutside('localhost', { all: true }, resolve))
    assert.match(String(error), /internal address/)
  })
})
