import { createRequire } from 'node:module'
import type { OpenApiDocument } from '../generate/documents.ts'

/** What is used of Prism's libraries, which the CLI is made of and brings with it. */
interface PrismHttp {
  getHttpOperationsFromSpec(document: object): Promise<object[]>
}
interface PrismServer {
  listen(port: number, host: string): Promise<string>
  close(): Promise<void>
}
interface PrismHttpServer {
  createServer(operations: object[], options: object): PrismServer
}
interface PrismCore {
  createLogger(name: string, options: object): object
}

const requireOwn = createRequire(import.meta.url)
const requireOfPrism = createRequire(requireOwn.resolve('@stoplight/prism-cli'))

/** Prism serving one document on a free port of loopback. */
export async function startPrism(document: OpenApiDocument): Promise<{ url: string; close(): Promise<void> }> {
  const { getHttpOperationsFromSpec }: PrismHttp = requireOfPrism('@stoplight/prism-http')
  const { createServer }: PrismHttpServer = requireOfPrism('@stoplight/prism-http-server')
  const { createLogger }: PrismCore = requireOfPrism('@stoplight/prism-core')
  const config = { validateRequest: true, validateResponse: true, checkSecurity: true, errors: false, isProxy: false }
  const server = createServer(await getHttpOperationsFromSpec(asServed(document)), {
    cors: true,
    config: { ...config, mock: { dynamic: false } },
    components: { logger: createLogger('mock', { level: 'silent' }) },
  })
  return { url: await server.listen(0, '127.0.0.1'), close: () => server.close() }
}

/**
 * The server answers 501 before it looks at a request, so what such an operation will once take must not be checked
 * here either: Prism would answer 422, which no contract declares.
 */
function asServed(document: OpenApiDocument): OpenApiDocument {
  const copy = structuredClone(document)
  for (const item of Object.values(copy.paths)) {
    for (const value of Object.values(item)) {
      const operation = value as { 'x-status'?: string; requestBody?: unknown }
      if (operation['x-status'] === 'not-implemented') delete operation.requestBody
    }
  }
  return copy
}
