import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SignJWT, UnsecuredJWT } from 'jose'
import { ApiError } from '../errors.ts'
import { RoleTokens, signRoleToken } from './roleTokens.ts'

const SECRET = 'a secret of at least thirty-two bytes, ümlaut'
const tokens = new RoleTokens(SECRET, new Map([['besscontroller', 'authenticated']]))

const sign = (claims: Record<string, unknown>, secret = SECRET, alg = 'HS256') =>
  new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret))

const refused = (token: string, message: RegExp, reason?: string) =>
  assert.rejects(tokens.identify(token), (error: unknown) => {
    assert.ok(error instanceof ApiError && error.kind === 'unauthorized')
    assert.match(error.message, message)
    assert.equal(error.reason, reason)
    return true
  })

describe('role tokens', () => {
  it('act as their role, by whatever name it is mapped', async () => {
    for (const role of ['anon', 'authenticated', 'service_role'] as const)
      assert.equal((await tokens.identify(await signRoleToken(SECRET, role))).role, role)
    assert.equal((await tokens.identify(await sign({ role: 'besscontroller' }))).role, 'authenticated')
    assert.equal((await tokens.identify(await sign({ sub: 'somebody' }))).role, 'anon')
  })

  it('are refused with a role that nobody knows', async () =>
    refused(await sign({ role: 'postgres' }), /does not exist/))

  it('are refused when another secret signed them, when cut, and when not signed at all', async () => {
    await refused(await sign({ role: 'anon' }, `${SECRET}!`), /JWSInvalidSignature/)
    await refused((await sign({ role: 'anon' })).slice(0, -1), /JWSError/)
    await refused('not a token', /JWSError/)
    await refused(new UnsecuredJWT({ role: 'service_role' }).encode(), /JWSError/)
    await refused(await sign({ role: 'service_role' }, SECRET.repeat(2), 'HS512'), /JWSError/)
  })

  it('expire, also when they are known', async () => {
    const seconds = Math.floor(Date.now() / 1000)
    await refused(await sign({ role: 'anon', exp: seconds - 31 }), /JWT expired/, 'expired')
    const good = await sign({ role: 'anon', exp: seconds - 29 })
    const { expiresAt } = await tokens.identify(good)
    assert.equal(expiresAt, (seconds + 1) * 1000)
    await new Promise(resolve => setTimeout(resolve, expiresAt - Date.now() + 1))
    await refused(good, /JWT expired/, 'expired')
  })
})
