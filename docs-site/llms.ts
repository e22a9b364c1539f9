import { channelsKind, channelsPath } from './channels.ts'
import type { DocumentedContract } from './contracts.ts'
import { describeContract } from './contracts.ts'
import type { Guide } from './guides.ts'
import { referencePath } from './reference.ts'

/**
 * llms.txt: all pages and documents with one line each, for programs that read documentation. The server gives it at
 * `/llms.txt` and below `/docs/`, so its links are from the root.
 */
export function renderLlms(contracts: DocumentedContract[], guides: Guide[]): string {
  const line = (title: string, address: string, meaning: string) => `- [${title}](${address}): ${meaning}`
  const documents = contracts.flatMap(contract => {
    const { name, openapi, asyncapi } = contract
    const about = describeContract(contract)
    return [
      openapi && line(`${name} OpenAPI document`, `/openapi/${name}.json`, `${about}. OpenAPI 3.1, bundled.`),
      openapi && line(`${name} reference`, `/docs/${referencePath(name)}`, 'The same, rendered for people.'),
      asyncapi &&
        line(`${name} AsyncAPI document`, `/asyncapi/${name}.json`, 'Channels, messages and frames. AsyncAPI 3.0.'),
      asyncapi &&
        line(`${name} ${channelsKind(asyncapi)} page`, `/docs/${channelsPath(name)}`, 'The same, rendered for people.'),
    ].filter(entry => entry !== undefined)
  })
  return `# Voltspec

> The contract-first API platform for EV charging and energy. Published OpenAPI and AsyncAPI documents are the authority; one server checks every request and every answer against them.

## Contracts

${documents.join('\n')}

## Guides

${guides.map(({ name, title, summary }) => line(title, `/docs/guides/${name}.md`, summary)).join('\n')}

## Tables

${line('Start page', '/docs/index.html', 'Contracts and guides.')}
${line('Operations', '/docs/operations.html', 'Every operation of every contract, with a link to its reference.')}
`
}
