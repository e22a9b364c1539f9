import { escapeHtml } from './html.ts'

export interface Page {
  /** Where it lies below docs-site/dist, with forward slashes. */
  path: string
  title: string
  /** One sentence for the index, llms.txt and the description in the head. */
  summary: string
  body: string
  /** Scripts below dist, loaded in order; a page without any runs none. */
  scripts?: string[]
  /** Takes the whole window: the reference brings its own columns. */
  wide?: boolean
}

/** Text pages need one stylesheet and nothing else. */
const TEXT_POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"

/**
 * Redoc writes style elements, reads the document beside the page and searches in a worker made from a blob. Nothing
 * may come from another host, so what a new Redoc might ask for is refused by the browser.
 */
const SCRIPT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'"

/** The whole HTML of a page; links are relative, so the site works below any path. */
export function renderPage(page: Page): string {
  const up = '../'.repeat(page.path.split('/').length - 1)
  const scripts = page.scripts ?? []
  const heading = page.path === 'index.html' ? page.title : `${page.title} · Voltspec`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${scripts.length === 0 ? TEXT_POLICY : SCRIPT_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(heading)}</title>
<meta name="description" content="${escapeHtml(page.summary)}">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${up}assets/style.css">
</head>
<body class="${page.wide ? 'wide' : 'text'}">
<header class="bar">
<a class="home" href="${up}index.html">Voltspec</a>
<nav aria-label="Site">
<a href="${up}index.html#contracts">Contracts</a>
<a href="${up}operations.html">Operations</a>
<a href="${up}index.html#guides">Guides</a>
</nav>
</header>
<main>
${page.body}
</main>
${scripts.map(script => `<script src="${up}${script}"></script>\n`).join('')}</body>
</html>
`
}
