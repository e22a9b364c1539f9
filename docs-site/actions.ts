import type { ChannelOperation } from './contracts.ts'
import { escapeHtml } from './html.ts'

/** The versions of OCPP that have an action, after the messages that carry it; nothing for other operations. */
export function renderProtocols({ 'x-protocols': protocols }: ChannelOperation): string {
  return protocols === undefined ? '' : ` in ${protocols.map(code).join(', ')}`
}

/** A way to each of many actions: what stations say and what the server says, by version. Nothing for other operations. */
export function renderActionContents(operations: [id: string, operation: ChannelOperation][]): string {
  const groups = new Map<string, string[]>()
  for (const [id, { action, title = id, 'x-protocols': protocols }] of operations) {
    if (protocols === undefined) continue
    const heading = `${action === 'send' ? 'To the station' : 'From the station'} in ${protocols.map(code).join(', ')}`
    const links = groups.get(heading) ?? []
    groups.set(heading, [...links, `<li><a href="#operation-${escapeHtml(id)}">${escapeHtml(title)}</a></li>`])
  }
  if (groups.size === 0) return ''
  const lists = [...groups].map(([heading, links]) => `<p>${heading}</p>\n<ul>\n${links.join('\n')}\n</ul>`)
  return `<nav class="contents" aria-label="Actions">\n${lists.join('\n')}\n</nav>`
}

/** The versions of an action as a part of its heading, since the same name may stand on the page for several. */
export const renderVersions = ({ 'x-protocols': protocols = [] }: ChannelOperation): string =>
  protocols.map(protocol => ` ${code(protocol)}`).join('')

/** Request and response of each example of an action, side by side with their names in typed-ocpp. */
export function renderActionExamples(operation: ChannelOperation): string[] {
  const schema = operation['x-ocpp-schema']
  return (operation['x-examples'] ?? []).flatMap(({ request, response, protocols }) => [
    renderExample(schema?.request, protocols, request),
    ...(response === undefined ? [] : [renderExample(schema?.response, protocols, response)]),
  ])
}

function renderExample(name = '', protocols: string[] | undefined, payload: object): string {
  const versions = protocols === undefined ? '' : ` in ${protocols.map(code).join(', ')}`
  const text = escapeHtml(JSON.stringify(payload, null, 2))
  return `<figure><figcaption>${code(name)}${versions}</figcaption>\n<pre><code>${text}</code></pre></figure>`
}

const code = (text: string) => `<code>${escapeHtml(text)}</code>`
