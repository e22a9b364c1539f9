import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { parse as parseForm } from 'node:querystring'
import { ApiError } from '../errors.ts'

const DEPTH = 64
const NONE: Body = { value: undefined, text: undefined }

export interface Body {
  /** What the text says: of JSON its value, of a form its fields, of CSV the text itself. */
  value: unknown
  text: string | undefined
}

/**
 * Reads a request body: JSON (UTF-8, nested at most 64 deep), a form or CSV. Its value is undefined when there is none.
 *
 * @param fallback the media type of a body that comes without one; without it such a body is refused
 * @throws tooLarge over the limit, unsupportedMedia for another media type or coding, invalid for text that does not parse
 */
export async function readBody(
  request: IncomingMessage,
  mediaTypes: string[],
  limit: number,
  fallback?: string,
): Promise<Body> {
  const { headers } = request
  checkLength(request, limit)
  const mediaType = headers['content-type'] ?? fallback
  const coded = headers['content-encoding'] !== undefined
  // What nearly everybody sends needs no taking apart.
  if (coded || (mediaType !== undefined && !mediaTypes.includes(mediaType))) checkMediaType(headers, mediaTypes)
  const bytes = await readBytes(request, limit)
  if (bytes.length === 0) return NONE
  if (mediaType === undefined) throw unsupported(mediaTypes)
  if (!isUtf8(bytes)) throw broken('the body is not UTF-8')
  const text = bytes.toString('utf8')
  if (mediaType.startsWith('text/csv')) return { value: text, text }
  if (mediaType.startsWith('application/x-www-form-urlencoded')) return { value: { ...parseForm(text) }, text }
  return { value: parseJson(text), text }
}

/** What the headers tell of a body of any bytes. @throws tooLarge over the limit, unsupportedMedia for another media type */
export function checkBytes(request: IncomingMessage, mediaTypes: string[], limit: number): void {
  checkLength(request, limit)
  checkMediaType(request.headers, mediaTypes)
}

function checkLength({ headers }: IncomingMessage, limit: number): void {
  if (Number(headers['content-length'] ?? 0) > limit) throw tooLarge(limit)
}

function checkMediaType(headers: IncomingMessage['headers'], mediaTypes: string[]): void {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';')
  const charset = parameters.map(part => part.trim()).find(part => part.startsWith('charset='))
  const utf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset)
  const plain = [undefined, '', 'identity'].includes(headers['content-encoding'])
  if (!mediaTypes.includes(type.trim()) || !utf8 || !plain) throw unsupported(mediaTypes)
}

const unsupported = (mediaTypes: string[]) =>
  new ApiError('unsupportedMedia', `the body must be ${mediaTypes.join(' or ')} in UTF-8, without content coding`)

const broken = (message: string) => new ApiError('invalid', message, { reason: 'body' })

const tooLarge = (limit: number) => new ApiError('tooLarge', `the body is larger than ${limit} bytes`)

/** The body as it came. @throws tooLarge over the limit, invalid when it ends early */
export function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) {
        // What still comes is read and dropped, so that the sender gets to see the answer.
        request.removeAllListeners('data').resume()
        reject(tooLarge(limit))
      } else chunks.push(chunk)
    })
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    request.once('error', () => reject(broken('the body ended early')))
  })
}

function parseJson(text: string): unknown {
  if (text.length > 2 * DEPTH) checkDepth(text)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw broken('the body is not valid JSON')
  }
  // Only an escape brings what UTF-8 cannot carry, or what no text column can.
  const forbidden = text.includes('\\u') ? findForbidden(value) : undefined
  if (forbidden !== undefined) throw broken(`${forbidden} are not allowed`)
  return value
}

/** Looks at brackets outside of strings only, before anything is built. */
function checkDepth(text: string): void {
  let depth = 0
  let quoted = false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (quoted) {
      if (code === 0x5c) index++
      else if (code === 0x22) quoted = false
    } else if (code === 0x22) quoted = true
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > DEPTH) throw broken(`the body is nested deeper than ${DEPTH}`)
    } else if (code === 0x7d || code === 0x5d) depth--
  }
}

/** What is wrong with a text somewhere in the value: a NUL, or half of a surrogate pair, which is no character. */
function findForbidden(value: unknown): string | undefined {
  if (typeof value === 'string') {
    if (value.includes('\0')) return 'NUL characters'
    return value.isWellFormed() ? undefined : 'lone surrogates'
  }
  if (value === null || typeof value !== 'object') return undefined
  for (const [name, member] of Object.entries(value)) {
    const found = findForbidden(name) ?? findForbidden(member)
    if (found !== undefined) return found
  }
  return undefined
}
