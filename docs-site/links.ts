import { posix } from 'node:path'

/** The site as it will be written: content by path below dist. */
export type Site = Map<string, string>

/** Where the server puts the site and the documents, for links that begin at the root. */
const DOCS = '/docs/'
const DOCUMENT = /^\/(openapi|asyncapi)\/([^/]+)\.json$/

/**
 * Every internal link that leads nowhere, one sentence each: in HTML pages, in llms.txt, and in the Markdown of the
 * contracts' descriptions. `scripted` names the anchors that a page gets only when its script has run.
 */
export function findBrokenLinks(site: Site, scripted: Map<string, string[]>): string[] {
  const anchors = new Map<string, Set<string>>()
  for (const [path, content] of site) {
    if (!path.endsWith('.html')) continue
    const own = [...content.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id!)
    const twice = own.find((id, index) => own.indexOf(id) !== index)
    if (twice !== undefined) return [`${path} has the anchor ${twice} twice`]
    anchors.set(path, new Set([...own, ...(scripted.get(path) ?? [])]))
  }
  const broken: string[] = []
  for (const [path, content] of site) {
    for (const link of linksIn(path, content)) {
      const problem = findProblem(link, path, site, anchors)
      if (problem !== undefined) broken.push(`${path} links to ${link}: ${problem}`)
    }
  }
  return broken
}

function linksIn(path: string, content: string): string[] {
  if (path.endsWith('.html')) {
    return [...content.matchAll(/\s(?:href|src|data-document)="([^"]*)"/g)].map(([, link]) => unescapeHtml(link!))
  }
  // Raw Markdown of the guides is checked as the page rendered from it.
  if (path === 'llms.txt' || path.endsWith('.json'))
    return [...content.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!)
  return []
}

function findProblem(link: string, from: string, site: Site, anchors: Map<string, Set<string>>): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return undefined
  const [address = '', fragment] = link.split('#', 2)
  const path = pathOf(address, from)
  if (path === undefined) return 'it leaves the site'
  if (!site.has(path)) return 'there is no such page'
  if (fragment === undefined || fragment === '') return undefined
  const known = anchors.get(path)
  if (known === undefined || !known.has(decodeURIComponent(fragment))) return 'there is no such anchor'
  return undefined
}

/** The path below dist that a link means, or nothing where the server serves no page of the site. */
function pathOf(address: string, from: string): string | undefined {
  // A description in a document is read on the reference page.
  if (address === '')
    return from.replace(/\/openapi\.json$/, '/reference.html').replace(/\/asyncapi\.json$/, '/websocket.html')
  const document = DOCUMENT.exec(address)
  if (document !== null) return `contracts/${document[2]}/${document[1]}.json`
  if (address.startsWith(DOCS)) return address.slice(DOCS.length) || 'index.html'
  if (address.startsWith('/')) return undefined
  const path = posix.normalize(posix.join(posix.dirname(from), address))
  return path.startsWith('..') ? undefined : path
}

const unescapeHtml = (text: string) => text.replaceAll('&#39;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&')
