import type { Page } from '../../store/page.ts'

/** `Link` (RFC 8288) with first, prev, next and last, and `X-Total-Count`, for a page of the list at `url`. */
export function pageHeaders(url: string, { page, size, total }: Omit<Page<unknown>, 'items'>): Record<string, string> {
  const last = Math.max(1, Math.ceil(total / size))
  const [path, search = ''] = url.split('?')
  const link = (relation: string, target: number) => {
    const query = new URLSearchParams(search)
    query.set('page', String(target))
    query.set('size', String(size))
    return `<${path}?${query}>; rel="${relation}"`
  }
  const links = [link('first', 1)]
  if (page > 1) links.push(link('prev', Math.min(page - 1, last)))
  if (page < last) links.push(link('next', page + 1))
  links.push(link('last', last))
  return { Link: links.join(', '), 'X-Total-Count': String(total) }
}

/** `Link` with next, for a list whose pages begin after a row. */
export function nextHeaders(url: string, after: string | null): Record<string, string> {
  if (after === null) return {}
  const [path, search = ''] = url.split('?')
  const query = new URLSearchParams(search)
  query.set('after', after)
  return { Link: `<${path}?${query}>; rel="next"` }
}
