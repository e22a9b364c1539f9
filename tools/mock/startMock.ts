import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { listRoutes, type OpenApiDocument } from '../generate/documents.ts'
import type { MockedContract } from './contracts.ts'
import { startPrism } from './prism.ts'

export interface Mock {
  /** Without a slash at the end; each contract is below it at its name. */
  url: string
  stop(): Promise<void>
}

/** Prism behind one contract's prefix. */
interface Backend {
  name: string
  url: string
  /** The path of the document's own server, empty for the root; callers may keep it or leave it out. */
  base: string
  /** Method and path of operations that have no answer but 501 yet. */
  unbuilt: { method: string; path: RegExp }[]
  close(): Promise<void>
}

/**
 * Serves each contract's examples below `/<contract>` on one port. Prism itself knows neither prefixes nor the base of
 * a document's server, so every contract has a Prism of its own and this stands in front of them.
 *
 * @param port 0 for a free one
 */
export async function startMock(port: number, contracts: MockedContract[]): Promise<Mock> {
  const backends = await Promise.all(contracts.map(startBackend))
  const front = http.createServer((request, response) => {
    const [, name = '', rest = ''] = /^\/([^/?]*)(.*)$/s.exec(request.url ?? '') ?? []
    const backend = backends.find(candidate => candidate.name === name)
    if (backend === undefined) refuse(response, backends)
    else forward(backend, rest, request, response)
  })
  const stopAll = () => Promise.all(backends.map(({ close }) => close()))
  try {
    await new Promise<void>((resolve, reject) => front.once('error', reject).listen(port, '127.0.0.1', resolve))
  } catch (error) {
    await stopAll()
    throw error
  }
  return {
    url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
    async stop() {
      const closed = new Promise(resolve => front.close(resolve))
      front.closeAllConnections()
      await Promise.all([closed, stopAll()])
    },
  }
}

async function startBackend({ name, document }: MockedContract): Promise<Backend> {
  const { url, close } = await startPrism(document)
  const unbuilt = listRoutes(document)
    .filter(({ operation }) => operation['x-status'] === 'not-implemented')
    .map(({ method, path }) => ({
      method: method.toUpperCase(),
      path: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`),
    }))
  return { name, url, base: basePath(document), unbuilt, close }
}

function basePath(document: OpenApiDocument): string {
  const [server] = (document as { servers?: { url: string }[] }).servers ?? []
  return new URL(server?.url ?? '/', 'http://localhost').pathname.replace(/\/$/, '')
}

function forward(backend: Backend, rest: string, request: http.IncomingMessage, response: http.ServerResponse): void {
  const target = rest.startsWith(`${backend.base}/`) ? rest.slice(backend.base.length) : rest
  const headers = { ...request.headers }
  const [path = ''] = target.split('?')
  const unbuilt = backend.unbuilt.some(candidate => candidate.method === request.method && candidate.path.test(path))
  if (unbuilt) {
    // Prism would answer the first declared status, even 401 to a caller with a credential, and look at the body first.
    headers.prefer ??= 'code=501'
    for (const name of ['content-type', 'content-length', 'transfer-encoding']) delete headers[name]
  }
  const outgoing = http.request(`${backend.url}${target}`, { method: request.method, headers }, answer => {
    response.writeHead(answer.statusCode!, answer.headers)
    answer.pipe(response)
  })
  outgoing.once('error', () => response.destroy())
  response.once('close', () => outgoing.destroy())
  if (unbuilt) outgoing.end()
  else request.pipe(outgoing)
}

function refuse(response: http.ServerResponse, backends: Backend[]): void {
  const message = `contracts are served at ${backends.map(({ name }) => `/${name}`).join(', ')}`
  response.writeHead(404, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify({ error: message }))
}
