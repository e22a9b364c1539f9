import { ApiError } from '../errors.ts'
import { type Caller, isOperator } from './caller.ts'

/** What each security scheme made of the request's credential: who calls, or why nobody does; and whether any of them knew. */
export type Shown = Record<string, Caller | { error: ApiError } | boolean | undefined>

/**
 * The caller that the first requirement in order lets in. A requirement without a scheme lets in those who show no
 * credential, since one that is shown must be good, even where none is needed.
 *
 * @param security the operation's requirements, at least one
 * @throws unauthorized when no scheme knows the caller, forbidden when it lacks the scopes of every way in
 */
export async function admit(
  security: Record<string, string[]>[],
  shown: Shown,
  { hasCredential, enroll }: { hasCredential: boolean; enroll: () => Promise<Caller> },
): Promise<Caller> {
  let refusal: ApiError | undefined
  for (const requirement of security) {
    const [scheme] = Object.keys(requirement)
    if (scheme === undefined) {
      if (hasCredential) continue
      return enroll()
    }
    const caller = shown[scheme]
    if (typeof caller !== 'object' || 'error' in caller) continue
    refusal = scopeRefusal(caller, requirement[scheme]!, refusal)
    // Another way in may ask for what this caller has.
    if (refusal === undefined) return caller
  }
  throw refusal ?? strangerRefusal(shown)
}

/** Why somebody whom no scheme knows stays outside: the reason of the first scheme that has one. */
export function strangerRefusal(shown: Shown | undefined): ApiError {
  for (const result of Object.values(shown ?? {}))
    if (typeof result === 'object' && 'error' in result) return result.error
  return new ApiError('unauthorized', 'a bearer token is required')
}

/** Why the caller may not come in this way, beside what kept it out of the ways before; undefined when it may. */
function scopeRefusal(caller: Caller, required: string[], before: ApiError | undefined): ApiError | undefined {
  const granted = isOperator(caller) ? caller.scopes : undefined
  const missing = required.find(scope => !granted?.has(scope))
  if (missing === undefined) return undefined
  const scope = before?.details === undefined ? missing : `${before.details.scope} or ${missing}`
  return new ApiError('forbidden', `this needs the scope ${scope}`, { details: { scope }, caller })
}
