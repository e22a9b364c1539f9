import type { Answer, CallOptions, TestServer } from '../support/testServer.ts'

export type Rest = (method: string, path: string, options?: CallOptions) => Promise<Answer>

/** Calls paths below the mount of the contract, with the key of the service where no other is given. */
export const restOf =
  (server: TestServer, key = server.credentials.flux.service_key): Rest =>
  (method, path, { headers, ...options } = {}) =>
    server.call(method, `/rest/v1${path}`, { ...options, headers: { apikey: key, ...headers } })

export const OBJECT = 'application/vnd.pgrst.object+json'
export const ARRAY = 'application/vnd.pgrst.array+json'
