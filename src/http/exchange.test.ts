import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { describe, it } from 'node:test'
import { readConfig } from '../config.ts'
import { addressOf } from './exchange.ts'

const address = (forwarded: string | undefined, environment: Record<string, string> = { TRUST_PROXY: '1' }) => {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  const request = { headers, socket: { remoteAddress: '10.0.0.1' } } as unknown as IncomingMessage
  return addressOf(request, readConfig(environment))
}

describe('the address of a request', () => {
  it("is the proxy's word, and not what the caller wrote before it", () => {
    assert.equal(address('192.0.2.1'), '192.0.2.1')
    assert.equal(address('made up, 203.0.113.9 ,192.0.2.1'), '192.0.2.1')
    assert.equal(address('made up, 192.0.2.1 '), '192.0.2.1')
  })
  it('is that of the peer where the proxy says nothing, or where there is none to trust', () => {
    assert.equal(address(undefined), '10.0.0.1')
    assert.equal(address('192.0.2.1, '), '10.0.0.1')
    assert.equal(address('192.0.2.1', {}), '10.0.0.1')
  })
})
