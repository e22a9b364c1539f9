const MASK = '***'
/** Configuration keys (1.6) and variables (2.x) whose value is a credential. */
const CREDENTIALS = /password$|passphrase$|^authorizationkey$|^vpnkey$/i
/** Fields that hold a credential themselves. */
const SECRET_FIELD = /password$|^authorizationkey$|^simpin$/i
/** Fields that hold what a driver identifies with. */
const TOKEN_FIELD = /^(idtag|parentidtag|idtoken|additionalidtoken)$/i
/** Where a credential's value stands, beside or below its name. */
const VALUE_FIELD = /^(value|attributevalue|actualvalue)$/i
const SECRET_QUERY =
  /([?&;](?:[^=&#;]*(?:token|secret|password|passwd|pwd|key|signature|sig|credential|auth)[^=&#;]*)=)[^&#;\s"]*/gi
const USER_INFO = /\b([a-z][a-z0-9+.-]*:\/\/)[^/?#\s"@]+(?:@[^/?#\s"@]+)*@/gi

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
  if (typeof field === 'object') return mask(field, isSecret)
  if (SECRET_FIELD.test(name) || (isSecret && VALUE_FIELD.test(name))) return MASK
  return typeof field === 'string' && TOKEN_FIELD.test(name) ? lastFour(field) : mask(field, isSecret)
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
  if (!text.includes('://') && !text.includes('=')) return text
  return text.replace(USER_INFO, `$1${MASK}@`).replace(SECRET_QUERY, `$1${MASK}`)
}

// JSON within a text of JSON has its quotes escaped.
const RAW_SECRET = /("(?:[a-z]*password|authorizationkey)\\*"\s*:\s*\\*")(?:[^"\\]|\\.)*/gi
const RAW_VALUE = /("(?:value|attributevalue|actualvalue)\\*"\s*:\s*\\*")(?:[^"\\]|\\.)*/gi
const RAW_KEY = /("key\\*"\s*:\s*\\*")(?:[^"\\]|\\.)*/gi
const RAW_TOKEN = /("(?:idtag|parentidtag|idtoken|additionalidtoken)(\\*)"\s*:\s*\2")((?:[^"\\]|\\.)*?)(?=\2"|"|$)/gi

/**
 * The same for a text, as far as it can be understood: a frame that could not be read, or JSON that stands in a field, as
 * stations put it into DataTransfer.
 */
export function maskText(text: string): string {
  const addressless = maskAddress(text)
  if (!addressless.includes('"')) return addressless
  const masked = addressless
    .replace(RAW_SECRET, `$1${MASK}`)
    .replace(RAW_TOKEN, (_match, start: string, _escape: string, token: string) => start + lastFour(token))
  const keyless = /"vpn\\*"/.test(masked) ? masked.replace(RAW_KEY, `$1${MASK}`) : masked
  return /authorizationkey|password|passphrase|vpnkey/i.test(keyless)
    ? keyless.replace(RAW_VALUE, `$1${MASK}`)
    : keyless
}
