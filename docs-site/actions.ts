import type { ChannelOperation } from './contracts.ts'
import { escapeHtml } from './html.ts'

/** The versions of OCPP that have an action, after the messages that carry it; nothing for other operations. */
export function renderProtocols({ 'x-protocols': protocols }: ChannelOperation): string {
  return protocols === undefined ? '' : ` in ${protocols.map(code).join(', ')}`
}

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
