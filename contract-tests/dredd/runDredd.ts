import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Validators } from '../../src/http/backend.ts'
import { listRoutes, type OpenApiDocument } from '../../tools/generate/documents.ts'
import { coverageFailures, declaredResponses, type Uncovered, withoutStreams } from './coverage.ts'
import { deriveDocument } from './derivedDocument.ts'
import { type Draft, draftOf, encodeBody, send, targetOf } from './draft.ts'
import { type Answer, judge } from './judge.ts'

/** What is known of a contract beside its document. */
export interface Subject {
  document: OpenApiDocument
  responses: Validators['responses']
  uncovered: Uncovered
  /** Turns a request of the contract's examples into one that gets the given status, and sees to the state it needs. */
  prepare(draft: Draft, status: string): Promise<void>
}

export interface Verdict {
  passed: number
  /** One line each. */
  failures: string[]
}

/** A transaction of Dredd, as far as hooks look at it. */
interface Transaction {
  origin: { actionName: string }
  host: string
  port: string
  fullPath: string
  request: { headers: Record<string, string>; body: string }
  expected: { statusCode: string }
  real?: { statusCode: number; headers: Record<string, string | string[]>; body?: string }
  skip?: boolean
  fail?: string
}

type DreddClass = new (configuration: object) => { run(callback: (error: Error | null) => void): void }

const requireOwn = createRequire(import.meta.url)

/** Lets Dredd ask for every declared response of a contract, and says which did not come as declared. */
export async function runDredd(subject: Subject): Promise<Verdict> {
  const { responses, uncovered, prepare } = subject
  const document = withoutStreams(subject.document)
  const routes = new Map(listRoutes(document).map(route => [route.operation.operationId, route]))
  const tried = new Set<string>()
  const reached = new Set<string>()
  const failures: string[] = []
  let passed = 0
  let current = ''

  async function prepareTransaction(transaction: Transaction): Promise<void> {
    const { origin, expected, request } = transaction
    const route = routes.get(origin.actionName)!
    const status = String(expected.statusCode)
    current = `${origin.actionName} ${status}`
    tried.add(current)
    try {
      const draft = draftOf(route, request.headers['Content-Type'], request.body)
      draft.headers.Accept = request.headers.Accept ?? '*/*'
      await prepare(draft, status)
      if (uncovered.has(current)) {
        transaction.skip = true
        const answer = await send(draft)
        if (String(answer.status) === status) reached.add(current)
        return
      }
      const { hostname, port } = new URL(draft.origin)
      Object.assign(transaction, { host: hostname, port, fullPath: targetOf(draft) })
      request.headers = draft.headers
      request.body = encodeBody(draft) ?? ''
    } catch (error) {
      transaction.fail = `could not be prepared: ${(error as Error).message}`
    }
  }

  function inspect(transaction: Transaction): void {
    const { real, expected, origin } = transaction
    const answer: Answer = { status: real!.statusCode, headers: joined(real!.headers), body: real!.body ?? '' }
    const problem = judge(document, responses, routes.get(origin.actionName)!, String(expected.statusCode), answer)
    if (problem !== undefined) transaction.fail = problem
    else reached.add(current)
    problems.set(current, problem)
  }

  const problems = new Map<string, string | undefined>()
  const emitter = new EventEmitter()
  emitter.on('test pass', () => passed++)
  emitter.on('test fail', ({ message, errors }: { message: string; errors?: { message: string }[] }) => {
    const reason = problems.get(current) ?? errors?.[0]?.message ?? message
    failures.push(`${current}: ${reason.trim().replaceAll('\n', ' ')}`)
  })
  emitter.on('test error', (error: Error) => failures.push(`${current}: ${error.message}`))

  try {
    await run(deriveDocument(document), emitter, { prepare: prepareTransaction, inspect })
  } catch (error) {
    // It has said on the terminal what it cannot read; the responses that it left out follow below.
    failures.push(`Dredd gave up: ${(error as Error).message}`)
  }
  return {
    passed,
    failures: [...failures, ...coverageFailures(declaredResponses(document), { tried, reached, uncovered })],
  }
}

/** Node has a list where a header may come several times (Set-Cookie). */
const joined = (headers: Record<string, string | string[]>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]))

/** Dredd's own logger is so old that Node warns of how its files import each other; that is nothing to us. */
function requireDredd(): DreddClass {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return requireOwn('dredd')
  } finally {
    process.emitWarning = emitWarning
  }
}

async function run(document: object, emitter: EventEmitter, hooks: object): Promise<void> {
  const Dredd = requireDredd()
  // Its reporter would print every transaction; failures are printed by the gate, a line each.
  requireOwn('dredd/build/reporters/reporterOutputLogger').default.transports.console.silent = true
  const dredd = new Dredd({
    endpoint: 'http://127.0.0.1',
    apiDescriptions: [{ location: 'derived', content: JSON.stringify(document) }],
    hookfiles: [fileURLToPath(new URL('hooks.cjs', import.meta.url))],
    loglevel: 'error',
    emitter,
    custom: { cwd: process.cwd(), ...hooks },
  })
  await new Promise<void>((resolve, reject) => dredd.run(error => (error ? reject(error) : resolve())))
}
