/** What `page` and `size` ask for; the contract bounds both. */
export interface Paging {
  page?: number
  size?: number
}

export interface Page<Item> {
  items: Item[]
  total: number
  page: number
  size: number
}

export const DEFAULT_SIZE = 20

export const limitOf = ({ size = DEFAULT_SIZE }: Paging): number => size
export const offsetOf = ({ page = 1, size = DEFAULT_SIZE }: Paging): number => (page - 1) * size

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
