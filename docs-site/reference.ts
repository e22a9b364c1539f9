import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type DocumentedContract, describeContract, listOperations, type OpenApiDocument } from './contracts.ts'
import { escapeHtml } from './html.ts'
import type { Page } from './page.ts'

/** The rendered OpenAPI document of a contract. Redoc draws it in the browser from the openapi.json beside the page. */
export function referencePage(contract: DocumentedContract): Page {
  const { title, version } = contract.openapi!.info
  return {
    path: referencePath(contract.name),
    title: `${title} ${version}`,
    summary: `${describeContract(contract)}: every operation with its schemas and examples.`,
    body: `<div id="reference" data-document="openapi.json"><p class="loading">Loading the reference of ${escapeHtml(title)}.
Without JavaScript, read the <a href="../../operations.html">list of operations</a> and <a href="openapi.json">openapi.json</a>.</p></div>`,
    scripts: ['assets/redoc.standalone.js', 'assets/reference.js'],
    wide: true,
  }
}

export const referencePath = (contract: string) => `contracts/${contract}/reference.html`

/** Where Redoc puts an operation on the reference page. */
export const operationAnchor = (tag: string, operationId: string) => `tag/${tag}/operation/${operationId}`

/** The anchors that the reference page will have once Redoc has drawn it. */
export function referenceAnchors(document: OpenApiDocument): string[] {
  return listOperations(document).flatMap(({ operation }) =>
    operation.tags.flatMap(tag => [`tag/${tag}`, operationAnchor(tag, operation.operationId)]),
  )
}

/** Redoc shows its maker's logo from a content delivery network and names a source map that is not shipped. */
const REDOC_CHANGES: [string, string][] = [
  ['"https://cdn.redoc.ly/redoc/logo-mini.svg"', '"data:,"'],
  ['\\n//# sourceMappingURL=d87bcbdbea8f8f5aa26f.worker.js.map', ''],
]

/**
 * Redoc's standalone bundle with every request to another host taken out. Each change must meet exactly one place, so
 * that an update of Redoc which moves or adds one stops the build instead of passing unseen.
 */
export async function readRedoc(): Promise<{ script: string; licences: string }> {
  const bundle = createRequire(import.meta.url).resolve('redoc/bundles/redoc.standalone.js')
  let script = await readFile(bundle, 'utf8')
  for (const [from, to] of REDOC_CHANGES) {
    const parts = script.split(from)
    if (parts.length !== 2) throw new Error(`redoc.standalone.js has ${from} ${parts.length - 1} times instead of once`)
    script = parts.join(to)
  }
  const [own, parts] = await Promise.all([
    readFile(join(dirname(bundle), '..', 'LICENSE'), 'utf8'),
    readFile(`${bundle}.LICENSE.txt`, 'utf8'),
  ])
  return { script, licences: `Redoc, changed in the places that docs-site/reference.ts lists:\n\n${own}\n${parts}` }
}
