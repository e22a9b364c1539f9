/** Every scope that a client can hold. `read` and `write` stand for all resources. */
const RESOURCES = ['org', 'site', 'device', 'firmware', 'configuration', 'telemetry'] as const

/** What a service account can hold: never `read`, `write` or `admin`. */
export type ServiceAccountScope = `${(typeof RESOURCES)[number] | 'diagnostics'}:${'read' | 'write'}`

export const SCOPES = [
  'read',
  'write',
  'admin',
  ...RESOURCES.flatMap(resource => [`${resource}:read`, `${resource}:write`]),
  'diagnostics:read',
  'diagnostics:write',
]

/** What a client may do with the scopes that it was given: `diagnostics:write` is implied by `admin` only. */
export function impliedScopes(granted: Iterable<string>): ReadonlySet<string> {
  const all = new Set<string>(granted)
  if (all.has('read')) for (const resource of [...RESOURCES, 'diagnostics']) all.add(`${resource}:read`)
  if (all.has('write')) for (const resource of RESOURCES) all.add(`${resource}:write`)
  if (all.has('admin')) all.add('diagnostics:write')
  return all
}
