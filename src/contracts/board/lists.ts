import type { Reply } from '../../operation.ts'
import { type List, totalText } from '../../store/boardLists.ts'

/** The rows of a list as the board shows them, and how many there are in `X-Total-Count`. */
export const listReply = <Row, Item>(
  { items, total }: List<Row>,
  show: (row: Row) => Item,
  headers: Record<string, string> = {},
): Reply<200, Item[]> => ({
  status: 200,
  body: items.map(show),
  headers: { 'X-Total-Count': totalText(total), ...headers },
})

/** `Link` with next, for a page of messages that may not be the last. */
export function nextLink(url: string, rows: { message_id: string }[], limit = 100): Record<string, string> {
  const last = rows.at(-1)
  if (last === undefined || rows.length < limit) return {}
  const [path, search = ''] = url.split('?')
  const query = new URLSearchParams(search)
  query.delete('offset')
  query.set('before', `msg-${last.message_id}`)
  return { Link: `<${path}?${query}>; rel="next"` }
}
