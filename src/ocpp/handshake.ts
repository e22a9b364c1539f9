import type { IncomingMessage } from 'node:http'
import { PROTOCOLS, type Protocol } from './action.ts'

const PREFIX = '/ocpp/'
const LONGEST_IDENTITY = 255
/** OCPP 2.1 allows no more, and no colon. */
const LONGEST_IN_21 = 48

const KEY = /^[A-Za-z0-9+/]{22}==$/
const VERSIONS = ['8', '13']

/**
 * Whether a request can become a WebSocket (RFC 6455, 4.2.1). To be asked before anything is noted: what cannot must not
 * take the place of the connection that the station has.
 */
export const isHandshake = ({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): boolean =>
  method === 'GET' &&
  KEY.test(headers['sec-websocket-key'] ?? '') &&
  VERSIONS.includes(headers['sec-websocket-version'] ?? '')

/** The identity in the path of a request, decoded; undefined where there is none, or one that cannot be. */
export function readIdentity(url: string): string | undefined {
  const [path = ''] = url.split('?')
  if (!path.startsWith(PREFIX)) return undefined
  const segment = path.slice(PREFIX.length)
  if (segment.includes('/')) return undefined
  try {
    const identity = decodeURIComponent(segment)
    return isIdentity(identity) ? identity : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether a station can be called so: 1 to 255 characters, none of which a terminal would obey, and not `.` or `..`, which
 * clients take out of a path.
 */
export const isIdentity = (text: string): boolean =>
  text.length >= 1 && text.length <= LONGEST_IDENTITY && !/\p{Cc}|\p{Cs}|^\.\.?$/u.test(text)

/** A name in a header (RFC 9110, 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/

/**
 * The newest version that both sides speak, with a name that it allows.
 *
 * @param offered the header Sec-WebSocket-Protocol
 */
export function negotiate(offered: string | undefined, identity: string): Protocol | undefined {
  const names = (offered ?? '').split(',').map(name => name.trim())
  if (new Set(names).size < names.length || !names.every(name => TOKEN.test(name))) return undefined
  return PROTOCOLS.find(protocol => names.includes(protocol) && (protocol !== 'ocpp2.1' || fits21(identity)))
}

const fits21 = (identity: string) => identity.length <= LONGEST_IN_21 && !identity.includes(':')

/** What stands in the header Authorization: no Basic credentials, those of somebody else, or a password as bytes. */
export type Basic = { kind: 'none' } | { kind: 'foreign' } | { kind: 'password'; password: Buffer }

/**
 * Reads Basic credentials as bytes, since a 1.6 key may be no text. The user has to be the identity, which may hold a
 * colon, so the password begins after the identity and its colon.
 */
export function readBasic(header: string | undefined, identity: string): Basic {
  const encoded = /^basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return { kind: 'none' }
  const decoded = Buffer.from(encoded, 'base64')
  const user = Buffer.from(`${identity}:`)
  if (!decoded.subarray(0, user.length).equals(user)) return { kind: 'foreign' }
  return { kind: 'password', password: decoded.subarray(user.length) }
}
