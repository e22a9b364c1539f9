import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { stringify } from 'csv-stringify/sync'
import type { StreamReply } from '../operation.ts'
import { preferredType } from './accept.ts'

export type ExportType = 'application/x-ndjson' | 'text/csv'

/** Of an answer that could be an export as well. */
export const VARY = { Vary: 'Origin, Accept' }

/** The form of an export that the caller prefers to JSON; undefined when it does not. */
export function exportType(accept: string | undefined): ExportType | undefined {
  const type = preferredType(accept, ['application/json', 'application/x-ndjson', 'text/csv'])
  return type === 'application/json' ? undefined : type
}

/**
 * Answers with all rows of a list, however many: a page is read when the caller has taken the one before, so memory does
 * not grow with the list, and nothing is read for a caller who has hung up. What is wrong with the request shows with
 * the first page, and is answered as usual; a fault after that breaks the connection off.
 *
 * @param columns of CSV, whose header they are
 */
export async function exportReply<Row>(
  type: ExportType,
  pages: AsyncGenerator<Row[]>,
  show: (row: Row) => object,
  columns: string[],
): Promise<StreamReply> {
  const first = await pages.next()
  const write = type === 'text/csv' ? csvOf(columns) : ndjsonOf
  async function* texts(): AsyncGenerator<string> {
    if (type === 'text/csv') yield `${columns.join()}\n`
    for (let page = first; !page.done; page = await pages.next()) yield write(page.value.map(show))
  }
  return {
    status: 200,
    body: undefined,
    contentType: type,
    headers: VARY,
    stream: response => pour(Readable.from(texts(), { highWaterMark: 1 }), response),
  }
}

async function pour(text: Readable, response: ServerResponse): Promise<void> {
  try {
    await pipeline(text, response)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // The caller has hung up.
    if (code !== 'ERR_STREAM_PREMATURE_CLOSE' && code !== 'ERR_STREAM_UNABLE_TO_PIPE') throw error
  }
}

const ndjsonOf = (items: object[]): string => items.map(item => `${JSON.stringify(item)}\n`).join('')

/** What a spreadsheet would run, also behind spaces that it leaves out, and in full width (OWASP, CSV Injection). */
const FORMULA = /^(?:[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])/

const csvOf = (columns: string[]) => (items: object[]) =>
  stringify(items, {
    columns,
    cast: {
      object: value => JSON.stringify(value),
      boolean: String,
      string: text => (FORMULA.test(text) ? `'${text}` : text),
    },
    // Where the comma is the decimal sign, spreadsheets part cells by it.
    quoted_match: ';',
  })
