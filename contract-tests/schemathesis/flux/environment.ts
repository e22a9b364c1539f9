import assert from 'node:assert/strict'
import type { TestServer } from '../../support/testServer.ts'

/**
 * Who Schemathesis is on flux: the service role, so that no privilege stands between it and what could break. A few
 * readings are enough for it, as it reads whole tables again and again.
 */
export async function environment(server: TestServer): Promise<Record<string, string>> {
  const { service_key } = server.credentials.flux
  const since = new Date(Date.now() - 10 * 60_000).toISOString()
  for (const table of ['mg_bess_readings', 'mg_meter_readings']) {
    const answer = await server.call('DELETE', `/rest/v1/${table}?time=lt.${since}`, {
      headers: { apikey: service_key },
    })
    assert.equal(answer.status, 204)
  }
  return { FLUX_KEY: service_key }
}
