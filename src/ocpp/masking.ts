const MASK = '***'
/** Configuration keys (1.6) and variables (2.x) whose value is a credential. */
const CREDENTIALS = /password$|passphrase$|^authorizationkey$|^vpnkey$/i
/** Fields that hold a credential themselves. */
const SECRET_FIELD = /password$|^authorizationkey$|^simpin$/i
/** Fields that hold what a driver identifies with. */
const TOKEN_FIELD = /^(idtag|parentidtag|idtoken|additionalidtoken)$/i
/** Where a credential's value stands, beside or below its name. */
const VALUE_FIELD = /^(value|attributevalue|actualvalue)$/i
/** Each place in these belongs to one match only: a station may send 64 KiB that are made to take long. */
const QUERY_PARAMETER = /([?&;])([^?&;=#]*)=[^&#;\s"]*/g
const SECRET_PARAMETER = /token|secret|password|passwd|pwd|key|signature|sig|credential|auth/i
const USER_INFO = /:\/\/[^/?#\s"@]+(?:@[^/?#\s"@]+)*@/g

/**
 * A payload as it may be kept: credentials are gone, from addresses too, and tokens of drivers show their last four
 * characters. What was given is not changed.
 */
export const maskPayload = <Payload>(payload: Payload): Payload => mask(payload, false) as Payload

/** @param isCredential whether the object around it says that values in it are secret */
function mask(value: unknown, isCredential: boolean): unknown {
  if (typeof value === 'string') return maskText(value)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(item => mask(item, isCredential))
  const masked: Record<string, unknown> = {}
  const isSecret = isCredential || namesCredential(value as Record<string, unknown>)
  for (const [name, field] of Object.entries(value)) {
    // Assigning this name would change the prototype.
    if (name === '__proto__') continue
    masked[name] = name === 'vpn' ? maskVpn(field) : maskField(name, field, isSecret)
  }
  return masked
}

/** The shared key of a VPN is called `key`, which is a name elsewhere. */
function maskVpn(vpn: unknown): unknown {
  const masked = mask(vpn, false)
  return typeof masked === 'object' && masked !== null && 'key' in masked ? { ...masked, key: MASK } : masked
}

function maskField(name: string, field: unknown, isSecret: boolean): unknown {
  if (field === null) return null
  if (SECRET_FIELD.test(name) || (isSecret && VALUE_FIELD.test(name))) return MASK
  return TOKEN_FIELD.test(name) ? maskToken(field) : mask(field, isSecret)
}

/** What breaks its schema is kept too: a tag may come as a number. */
function maskToken(field: unknown): unknown {
  if (Array.isArray(field)) return field.map(maskToken)
  return typeof field === 'object' ? mask(field, false) : lastFour(String(field))
}

/** `{key: 'AuthorizationKey', value}` of 1.6, `{variable: {name: 'BasicAuthPassword'}, attributeValue}` of 2.x. */
function namesCredential({ key, variable }: Record<string, unknown>): boolean {
  const name = typeof variable === 'object' && variable !== null ? (variable as { name?: unknown }).name : key
  return typeof name === 'string' && CREDENTIALS.test(name)
}

/** A token so short that its end would be most of it is not shown at all. */
const lastFour = (token: string) => (token.length <= 4 ? MASK : `${MASK}${token.slice(-4)}`)

/** Takes user names, passwords and secret parameters out of addresses in a text. */
function maskAddress(text: string): string {
  const userless = text.includes('://') ? text.replace(USER_INFO, `://${MASK}@`) : text
  if (!userless.includes('=')) return userless
  return userless.replace(QUERY_PARAMETER, (parameter, start: string, name: string) =>
    SECRET_PARAMETER.test(name) ? `${start}${name}=${MASK}` : parameter,
  )
}

// JSON within a text of JSON has its quotes escaped, and what is not quite JSON has single quotes or none.
const COLON = String.raw`\\*["']?\s*:[\s\[]*`
const BARE = String.raw`[^\s,"'\\\[\]{}]+`
const VALUE = String.raw`(?:(\\*")(?:[^"\\]|\\.)*|(\\*')(?:[^'\\]|\\.)*|${BARE})`
/** Up to the end of the quotes, whose escape is not known. */
const TOKEN = String.raw`(?:(\\*")((?:[^"\\]|\\[^"\\])*)|(\\*')((?:[^'\\]|\\[^'\\])*)|(${BARE}))`
const after = (names: string, value: string) => new RegExp(`(${names}${COLON})${value}`, 'gi')
/** Most texts with a colon are times, which should cost nothing more. */
const SPEAKS_OF_SECRETS = /password|passphrase|authorizationkey|simpin|vpn|idtag|idtoken/i
const RAW_SECRET = after('(?:password|authorizationkey|simpin)', VALUE)
const RAW_VALUE = after(String.raw`\b(?:attribute|actual)?value`, VALUE)
const RAW_KEY = after(String.raw`\bkey`, VALUE)
const RAW_TOKEN = after(String.raw`\b(?:idtag|parentidtag|idtoken|additionalidtoken)`, TOKEN)

/** Leaves the quote that a value begins with. */
const hideValue = (_match: string, start: string, double = '', single = '') => `${start}${double}${single}${MASK}`
const hideToken = (_match: string, start: string, ...[double = '', inDouble, single = '', inSingle, bare]: string[]) =>
  `${start}${double}${single}${lastFour(inDouble ?? inSingle ?? bare ?? '')}`

/**
 * The same for a text, as far as it can be understood: a frame that could not be read, or JSON that stands in a field, as
 * stations put it into DataTransfer.
 */
export function maskText(text: string): string {
  const addressless = maskAddress(text)
  if (!addressless.includes(':') || !SPEAKS_OF_SECRETS.test(addressless)) return addressless
  const masked = addressless.replace(RAW_SECRET, hideValue).replace(RAW_TOKEN, hideToken)
  const keyless = /\bvpn\b/i.test(masked) ? masked.replace(RAW_KEY, hideValue) : masked
  return /authorizationkey|password|passphrase|vpnkey/i.test(keyless) ? keyless.replace(RAW_VALUE, hideValue) : keyless
}
