import type { Config } from '../config.ts'

/** Where the caller reaches this server, without a slash at the end: as PUBLIC_URL says, or by the host that it called. */
export function baseUrl(headers: Record<string, string | undefined>, { publicUrl, trustProxy }: Config): string {
  if (publicUrl !== undefined) return publicUrl
  const host = (trustProxy ? headers['x-forwarded-host'] : undefined) ?? headers.host
  const isSecure = trustProxy && headers['x-forwarded-proto'] === 'https'
  return host === undefined ? '' : `${isSecure ? 'https' : 'http'}://${host}`
}
