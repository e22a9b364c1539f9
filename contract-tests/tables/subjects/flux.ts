import assert from 'node:assert/strict'
import { SignJWT } from 'jose'
import type { TestServer } from '../../support/testServer.ts'
import type { ErrorKind, Subject } from '../subject.ts'

const CODES: Record<ErrorKind, string[]> = {
  unauthorized: ['PGRST301', 'PGRST302'],
  expired: ['PGRST301'],
  forbidden: ['42501'],
  notFound: ['PGRST125', 'PGRST202', '42P01'],
  invalid: ['PGRST100', 'PGRST102', '42703'],
  method: ['PGRST117'],
  notImplemented: ['0A000'],
}

/** flux, called with a key in `apikey` or in `Authorization`. It has no tenants, no scopes and no ids in its paths. */
export async function openSubject(server: TestServer): Promise<Subject> {
  const { anon_key, service_key, jwt_secret } = server.credentials.flux
  const shown = (scheme: string, token: string): Record<string, string> =>
    scheme === 'apikey' ? { apikey: token } : { authorization: `Bearer ${token}` }
  const sign = (claims: Record<string, unknown>, secret = jwt_secret) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret))
  const forged = await sign({ role: 'service_role' }, 'f'.repeat(64))
  const [header, , signature] = service_key.split('.')
  const promoted = [header, anon_key.split('.')[1], signature].join('.')
  return {
    schemes: ['apikey', 'bearer'],
    scopes: [],
    implied: () => new Set(),
    caller: async scheme => shown(scheme, service_key),
    stranger: async scheme => shown(scheme, anon_key),
    expired: async scheme =>
      shown(scheme, await sign({ role: 'service_role', exp: Math.floor(Date.now() / 1000) - 3600 })),
    clientWith: async () => shown('apikey', service_key),
    tokenWith: async () => shown('apikey', service_key),
    garbage: [
      { apikey: 'garbage' },
      { apikey: '' },
      { apikey: forged },
      { apikey: promoted },
      { apikey: 'a'.repeat(8000) },
      { authorization: 'Bearer garbage' },
      // A token that is shown must be good, whatever stands beside it.
      { apikey: service_key, authorization: 'Bearer garbage' },
      { apikey: service_key, authorization: `Bearer ${forged}` },
      { authorization: `Bearer ${await sign({ role: 'postgres' })}` },
      { authorization: `Basic ${Buffer.from('anon:anon').toString('base64')}` },
    ],
    makeThings: async () => ({}),
    unknownIds: {},
    malformedIds: [],
    checkError({ body }, kind) {
      assert.deepEqual(Object.keys(body).sort(), ['code', 'details', 'hint', 'message'])
      assert.ok(CODES[kind].includes(body.code), `${body.code}: ${body.message}`)
      assert.equal(typeof body.message, 'string')
    },
  }
}
