import { channelsKind, channelsPath } from './channels.ts'
import { type DocumentedContract, describeContract } from './contracts.ts'
import type { Guide } from './guides.ts'
import { escapeHtml, renderTable } from './html.ts'
import type { Page } from './page.ts'
import { referencePath } from './reference.ts'

/** The first page: contracts, guides, and where programs find the documents. */
export function indexPage(contracts: DocumentedContract[], guides: Guide[]): Page {
  const rows = contracts.map(contract => {
    const { name, openapi, asyncapi } = contract
    const links = [
      openapi && `<a href="${referencePath(name)}">reference</a>`,
      asyncapi && `<a href="${channelsPath(name)}">${channelsKind(asyncapi)}</a>`,
      openapi && `<a href="contracts/${name}/openapi.json">openapi.json</a>`,
      asyncapi && `<a href="contracts/${name}/asyncapi.json">asyncapi.json</a>`,
    ]
    return [
      `<strong>${name}</strong> ${(openapi ?? asyncapi)!.info.version}`,
      `${escapeHtml(describeContract(contract))}.`,
      links.filter(Boolean).join(' · '),
    ]
  })
  const items = guides.map(
    ({ name, title, summary }) =>
      `<li><a href="guides/${name}.html">${escapeHtml(title)}</a><br>${escapeHtml(summary)}</li>`,
  )
  const summary = 'The contract-first API platform for EV charging and energy.'
  return {
    path: 'index.html',
    title: 'Voltspec',
    summary,
    body: `<h1>Voltspec</h1>
<p class="lead">${summary} Published contracts are the authority: what you read here is what the server
checks every request and every answer against.</p>
<h2 id="contracts">Contracts</h2>
${renderTable(['contract', 'what it holds', 'read'], rows)}
<p><a href="operations.html">All operations</a> on one page.</p>
<h2 id="guides">Guides</h2>
<ul class="guides">
${items.join('\n')}
</ul>
<h2 id="programs">For programs</h2>
<p><a href="llms.txt">llms.txt</a> lists every page and document with one line each. The server gives each document at
<code>/openapi/&lt;contract&gt;.json</code> and <code>/asyncapi/&lt;contract&gt;.json</code>.</p>`,
  }
}
