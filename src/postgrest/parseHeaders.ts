import { restError } from './errors.ts'

/** What `Prefer` asks for (RFC 7240), as far as we know the preference. */
export interface Preferences {
  resolution?: 'merge-duplicates' | 'ignore-duplicates'
  missing?: 'default' | 'null'
  return?: 'minimal' | 'representation' | 'headers-only'
  count?: 'exact' | 'planned' | 'estimated'
  tx?: 'commit' | 'rollback'
  handling?: 'strict' | 'lenient'
  'max-affected'?: string
}

const KNOWN: Record<string, RegExp> = {
  resolution: /^(?:merge|ignore)-duplicates$/,
  missing: /^(?:default|null)$/,
  return: /^(?:minimal|representation|headers-only)$/,
  count: /^(?:exact|planned|estimated)$/,
  tx: /^(?:commit|rollback)$/,
  handling: /^(?:strict|lenient)$/,
  'max-affected': /^\d{1,9}$/,
}

/** The first word for a preference counts. @throws PGRST122 for one that we do not know when handling is strict */
export function parsePrefer(header: string | undefined): Preferences {
  const preferences: Record<string, string> = {}
  const invalid: string[] = []
  for (const text of (header ?? '').split(',')) {
    const preference = text.trim()
    if (preference === '') continue
    const [name = '', value = ''] = preference.split('=').map(part => part.trim())
    if (Object.hasOwn(KNOWN, name) && KNOWN[name]!.test(value)) preferences[name] ??= value
    else invalid.push(preference)
  }
  if (preferences.handling === 'strict' && invalid.length > 0)
    throw restError('PGRST122', 'Invalid preferences given with handling=strict', {
      details: `Invalid preferences: ${invalid.join(', ')}`,
    })
  return preferences
}

const APPLIED = ['resolution', 'missing', 'return', 'count', 'tx', 'handling', 'max-affected'] as const

/** `Preference-Applied`, in PostgREST's order; undefined when nothing was asked for. */
export function appliedPreferences(preferences: Preferences, relevant: (name: string) => boolean): string | undefined {
  const applied = APPLIED.filter(name => preferences[name] !== undefined && relevant(name))
  return applied.length === 0 ? undefined : applied.map(name => `${name}=${preferences[name]}`).join(', ')
}

export interface Format {
  contentType:
    | 'application/json'
    | 'text/csv'
    | 'application/vnd.pgrst.object+json'
    | 'application/vnd.pgrst.array+json'
  /** One row, and an error when there is not exactly one. */
  singular: boolean
  csv: boolean
  /** Leave out what is null. */
  stripNulls: boolean
}

const JSON_FORMAT: Format = { contentType: 'application/json', singular: false, csv: false, stripNulls: false }

/** The first media type that the caller likes best. @throws PGRST107 when we have none of them */
export function parseAccept(header: string | undefined): Format {
  if (header === undefined || header.trim() === '') return JSON_FORMAT
  const wanted = header
    .split(',')
    .map((text, place) => ({ text: text.trim(), quality: qualityOf(text), place }))
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality || one.place - other.place)
  for (const { text } of wanted) {
    const format = formatOf(text)
    if (format !== undefined) return format
  }
  throw restError('PGRST107', `None of these media types are available: ${header}`)
}

function qualityOf(text: string): number {
  const quality = /;\s*q=([\d.]+)/i.exec(text)?.[1]
  return quality === undefined ? 1 : Number(quality)
}

function formatOf(text: string): Format | undefined {
  const [type = '', ...parameters] = text
    .toLowerCase()
    .split(';')
    .map(part => part.trim())
  const stripNulls = parameters.includes('nulls=stripped')
  switch (type) {
    case '*/*':
    case 'application/*':
    case 'application/json':
      return JSON_FORMAT
    case 'text/csv':
      return { contentType: type, singular: false, csv: true, stripNulls: false }
    case 'application/vnd.pgrst.object+json':
    case 'application/vnd.pgrst.object':
      return { contentType: 'application/vnd.pgrst.object+json', singular: true, csv: false, stripNulls }
    case 'application/vnd.pgrst.array+json':
    case 'application/vnd.pgrst.array':
      return { contentType: 'application/vnd.pgrst.array+json', singular: false, csv: false, stripNulls }
  }
  return undefined
}

const PROFILES = new Set(['public', 'flux'])

/** All profiles that there are mean the same tables. @throws PGRST106 for another one */
export function checkProfile(profile: string | undefined): void {
  if (profile !== undefined && !PROFILES.has(profile))
    throw restError('PGRST106', 'The schema must be one of the following: public, flux')
}

/** `Range: 0-24` in items, both ends inclusive; a range of another form is ignored, as HTTP wants it. */
export function parseRange(headers: Record<string, string | undefined>): { offset: number; limit: number | undefined } {
  const unit = headers['range-unit']
  const match = /^(?:items=)?(\d{1,15})-(\d{0,15})$/.exec(headers.range ?? '')
  if (match === null || (unit !== undefined && unit !== 'items')) return { offset: 0, limit: undefined }
  const offset = Number(match[1])
  if (match[2] === '') return { offset, limit: undefined }
  if (Number(match[2]) < offset)
    throw restError('PGRST103', 'Requested range not satisfiable', {
      details: 'The lower boundary must be lower than or equal to the upper boundary in the Range header.',
    })
  return { offset, limit: Number(match[2]) - offset + 1 }
}
