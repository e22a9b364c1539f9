import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { negotiate, readBasic, readIdentity } from './handshake.ts'

describe('the identity', () => {
  it('is read from the path, percent-decoded', () => {
    assert.equal(readIdentity('/ocpp/CP-001'), 'CP-001')
    assert.equal(readIdentity('/ocpp/RDAM%7C123?x=1'), 'RDAM|123')
    assert.equal(readIdentity('/ocpp/a%2Fb%20%C3%BC'), 'a/b ü')
  })
  it('is none in anything else', () => {
    for (const path of [
      '/ocpp',
      '/ocpp/',
      '/ocpp/a/b',
      '/ocpp/%E0%A4%A',
      '/ocpp/a%00b',
      '/ocpp/a%0A',
      '/ocpp/..',
      '/ocpp/%2E',
      '/other/a',
    ])
      assert.equal(readIdentity(path), undefined, path)
    assert.equal(readIdentity(`/ocpp/${'x'.repeat(256)}`), undefined)
    assert.equal(readIdentity(`/ocpp/${'x'.repeat(255)}`)?.length, 255)
  })
})

describe('the version', () => {
  it('is the newest that both speak', () => {
    assert.equal(negotiate('ocpp1.6, ocpp2.0.1', 'a'), 'ocpp2.0.1')
    assert.equal(negotiate('ocpp2.1,ocpp1.6', 'a'), 'ocpp2.1')
    assert.equal(negotiate('ocpp1.5, ocpp1.6', 'a'), 'ocpp1.6')
  })
  it('is none when none is offered, or none is common', () => {
    for (const offered of [undefined, '', 'ocpp1.5', 'OCPP1.6', 'ocpp1.6, ocpp1.6', 'ocpp1.6,', 'ocpp1.6, a b'])
      assert.equal(negotiate(offered, 'a'), undefined, offered)
  })
  it('is 2.1 only for names that it allows', () => {
    for (const identity of ['x'.repeat(49), 'a:b']) {
      assert.equal(negotiate('ocpp2.1', identity), undefined)
      assert.equal(negotiate('ocpp2.1, ocpp2.0.1', identity), 'ocpp2.0.1')
    }
    assert.equal(negotiate('ocpp2.1', 'x'.repeat(48)), 'ocpp2.1')
  })
})

describe('the password', () => {
  const header = (user: Uint8Array, password: Uint8Array) =>
    `Basic ${Buffer.concat([user, Buffer.from(':'), password]).toString('base64')}`
  it('is bytes, whatever they are and whatever the name is', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.uint8Array(), (identity, password) => {
        const read = readBasic(header(Buffer.from(identity), password), identity)
        assert.ok(read.kind === 'password' && read.password.equals(password))
      }),
    )
  })
  it('of another user is not looked at', () => {
    assert.equal(readBasic(header(Buffer.from('b'), Buffer.from('p')), 'a').kind, 'foreign')
    assert.equal(readBasic('Bearer abc', 'a').kind, 'none')
    assert.equal(readBasic(undefined, 'a').kind, 'none')
  })
})
