import { type DocumentedContract, describeContract, listOperations } from './contracts.ts'
import { escapeHtml, renderTable } from './html.ts'
import type { Page } from './page.ts'
import { operationAnchor, referencePath } from './reference.ts'

/** Every operation of every contract with a link into its reference: the site's table of contents. */
export function operationsPage(contracts: DocumentedContract[]): Page {
  const sections = contracts
    .filter(({ openapi }) => openapi !== undefined)
    .map(contract => {
      const rows = listOperations(contract.openapi!).map(({ method, path, operation }) => {
        const anchor = operationAnchor(operation.tags[0]!, operation.operationId)
        return [
          `<a href="${referencePath(contract.name)}#${escapeHtml(anchor)}">${escapeHtml(operation.operationId)}</a>`,
          `<code>${method} ${escapeHtml(path)}</code>`,
          escapeHtml(operation.summary ?? ''),
          operation['x-status'] === 'implemented' ? 'served' : 'answers 501',
        ]
      })
      return `<h2 id="${contract.name}">${contract.name}</h2>
<p>${escapeHtml(describeContract(contract))}. ${rows.length} operations.</p>
${renderTable(['operation', 'request', 'what it does', 'status'], rows)}`
    })
  return {
    path: 'operations.html',
    title: 'Operations',
    summary: 'Every operation of every contract, with a link to its reference.',
    body: `<h1>Operations</h1>\n${sections.join('\n')}`,
  }
}
