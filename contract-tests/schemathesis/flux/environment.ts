import type { TestServer } from '../../support/testServer.ts'

/** Who Schemathesis is on flux: the service role, so that no privilege stands between it and what could break. */
export async function environment(server: TestServer): Promise<Record<string, string>> {
  return { FLUX_KEY: server.credentials.flux.service_key }
}
