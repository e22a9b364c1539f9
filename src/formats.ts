import type { Format } from 'ajv'
import ajvFormats from 'ajv-formats/dist/formats.js'

/**
 * The string and number formats that a contract may use. The generated validators import this module; the generator
 * refuses a contract that names a format missing here, because Ajv would otherwise ignore it in silence.
 */

const dateTimePattern =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-5]):[0-5]\d)$/
const latestInstant = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/**
 * RFC 3339 with a mandatory offset, upper-case `T` and `Z`, a real calendar date, no leap second and at most nine
 * decimals, an offset of less than 16 hours, between 1970 and the end of 9999 in UTC, so that `Date.parse` and Postgres
 * both take what passes.
 */
export function isDateTime(text: string): boolean {
  if (!dateTimePattern.test(text)) return false
  const day = Number(text.slice(8, 10))
  // Date.parse takes 30 February for 2 March; day 0 of the next month is the last one of this.
  if (day > 28 && day > new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate())
    return false
  const instant = Date.parse(text)
  return instant >= 0 && instant <= latestInstant
}

// Building an Intl.DateTimeFormat costs tens of microseconds; the names that pass are few.
const knownTimeZones = new Set<string>()

/**
 * An IANA time zone, such as `Europe/London` or `UTC`. Offsets are refused, and so are the short names of old (`BST`,
 * `CST`), which Node and Postgres take for different zones.
 */
export function isTimeZone(name: string): boolean {
  const key = name.toLowerCase()
  if (knownTimeZones.has(key)) return true
  if (!/^(utc|gmt|[a-z_]+\/.+)$/.test(key)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
  } catch {
    return false
  }
  knownTimeZones.add(key)
  return true
}

const { byte, date, duration, email, hostname, int32, int64, ipv4, ipv6, time, uri, uuid } = ajvFormats.fullFormats

/** Every format by its name, in the shape Ajv's `formats` option takes. */
export const formats = {
  binary: true,
  byte,
  date,
  'date-time': isDateTime,
  double: { type: 'number', validate: Number.isFinite },
  duration,
  email,
  float: { type: 'number', validate: Number.isFinite },
  hostname,
  int32,
  int64,
  ipv4,
  ipv6,
  password: true,
  time,
  timezone: isTimeZone,
  uri,
  'uri-reference': ajvFormats.fullFormats['uri-reference'],
  uuid,
} satisfies Record<string, Format>
