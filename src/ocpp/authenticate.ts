import { provesSecret } from '../auth/secrets.ts'
import { ApiError } from '../errors.ts'
import type { Services } from '../services.ts'
import * as stations from '../store/ocppStations.ts'
import * as passwords from '../store/stationPasswords.ts'
import { add as addSystemEvent } from '../store/systemEvents.ts'
import type { Station } from './action.ts'
import type { Basic } from './handshake.ts'

/** What a station shows at the door. */
export interface Claim {
  identity: string
  basic: Basic
  /** Whether the connection is encrypted. */
  isSecure: boolean
  /** The common name of a client certificate that our authority has signed. */
  certificateName: string | undefined
}

export interface Admission {
  station: Station
  /** 0 nothing, 1 a password, 2 a password over TLS, 3 a client certificate. */
  securityProfile: number
}

const wrong = (message: string) =>
  new ApiError('unauthorized', message, { headers: { 'WWW-Authenticate': 'Basic realm="ocpp", charset="UTF-8"' } })

/**
 * Finds out whether a station is who it says. One that nobody knows is made, while enrollment is open, for whoever knows
 * the shared password.
 *
 * @throws unauthorized in the same words whether the station is known or not; forbidden when the way it connects is not
 *   safe enough
 */
export async function authenticate(services: Services, claim: Claim): Promise<Admission> {
  const account = await stations.find(services.db, claim.identity)
  const known = account === undefined ? undefined : await ownProfile(services, account, claim)
  const securityProfile = known ?? (await sharedProfile(services, account, claim))
  if (securityProfile === undefined) throw wrong('the identity or its password is wrong')
  const { minSecurityProfile } = services.config.ocpp
  if (securityProfile < minSecurityProfile)
    throw new ApiError('forbidden', `a security profile of at least ${minSecurityProfile} is required`)
  return { station: withoutSecrets(account ?? (await enroll(services, claim.identity))), securityProfile }
}

/** By what the station has of its own; undefined when that proves nothing. */
async function ownProfile(
  { db }: Services,
  account: stations.StationAccount,
  claim: Claim,
): Promise<number | undefined> {
  if (claim.certificateName === (account.certificateName ?? account.identity)) return 3
  const { basic, isSecure } = claim
  const { identity, nextPasswordHash } = account
  if (nextPasswordHash !== null && basic.kind === 'password' && provesSecret(basic.password, nextPasswordHash)) {
    await passwords.adopt(db, identity, nextPasswordHash)
    return profileOf(isSecure)
  }
  if (account.passwordHash !== null)
    return basic.kind === 'password' && provesSecret(basic.password, account.passwordHash)
      ? profileOf(isSecure)
      : undefined
  // It has nothing to prove itself by, and the least profile says whether that is enough.
  return basic.kind === 'none' && account.certificateName === null ? 0 : undefined
}

const profileOf = (isSecure: boolean) => (isSecure ? 2 : 1)

/** By the password of open enrollment, for stations without one of their own. */
async function sharedProfile(
  { config, db }: Services,
  account: stations.StationAccount | undefined,
  { identity, basic, isSecure, certificateName }: Claim,
): Promise<number | undefined> {
  if (config.ocpp.enrollment === 'closed' || (account !== undefined && account.passwordHash !== null)) return undefined
  const enrollment = await stations.enrollmentOf(db, config.enrollmentTenant)
  if (enrollment === undefined || (account !== undefined && account.tenantId !== enrollment.tenantId)) return undefined
  if (account === undefined && certificateName === identity) return 3
  if (basic.kind !== 'password' || enrollment.passwordHash === null) return undefined
  return provesSecret(basic.password, enrollment.passwordHash) ? profileOf(isSecure) : undefined
}

async function enroll({ config, db }: Services, identity: string): Promise<stations.StationAccount> {
  const enrollment = await stations.enrollmentOf(db, config.enrollmentTenant)
  if (enrollment !== undefined) {
    const { tenantId } = enrollment
    const isNew = await stations.create(db, { identity, tenantId, enrolled: true })
    const event = { tenantId, identity, type: 'STATION_ENROLLED', message: 'enrolled by itself', details: {} }
    if (isNew) await addSystemEvent(db, event)
  }
  const account = await stations.find(db, identity)
  // Somebody else may have made it meanwhile.
  if (account === undefined || account.tenantId !== enrollment?.tenantId)
    throw wrong('the identity or its password is wrong')
  return account
}

function withoutSecrets({
  passwordHash,
  nextPasswordHash,
  certificateName,
  ...station
}: stations.StationAccount): Station {
  return station
}
