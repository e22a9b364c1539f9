import { listRoutes, type OpenApiDocument } from '../../tools/generate/documents.ts'

/** Responses that cannot be provoked, by `<operationId> <status>`, with the reason. */
export type Uncovered = Map<string, string>

/**
 * Reads contract-tests/uncovered.txt: a line `<contract> <operationId> <status> <reason>` each, `#` before remarks.
 *
 * @returns the lines of one contract
 * @throws when a line has no reason or is there twice
 */
export function readUncovered(text: string, contract: string): Uncovered {
  const uncovered: Uncovered = new Map()
  for (const line of text.split('\n').map(each => each.trim())) {
    if (line === '' || line.startsWith('#')) continue
    const [, name, response, reason] = /^(\S+) (\S+ \d{3}) (\S.*)$/.exec(line) ?? []
    if (response === undefined || reason === undefined) throw new Error(`uncovered.txt: no reason in "${line}"`)
    if (name !== contract) continue
    if (uncovered.has(response)) throw new Error(`uncovered.txt: ${contract} ${response} is there twice`)
    uncovered.set(response, reason)
  }
  return uncovered
}

/** The contract without answers that do not end, which Dredd would wait for; their refusals stay. */
export function withoutStreams(document: OpenApiDocument): OpenApiDocument {
  const ending = structuredClone(document)
  for (const { operation } of listRoutes(ending)) {
    for (const [status, response] of Object.entries(operation.responses))
      if ('content' in response && 'text/event-stream' in response.content!) delete operation.responses[status]
  }
  return ending
}

/** Every `<operationId> <status>` that a contract declares. */
export function declaredResponses(document: OpenApiDocument): string[] {
  return listRoutes(document).flatMap(({ operation }) =>
    Object.keys(operation.responses).map(status => `${operation.operationId} ${status}`),
  )
}

/**
 * What the run leaves open, a line each: a declared response that was not even tried, a listed one that was reached (the
 * list only shrinks), a listed one that no contract declares.
 *
 * @param tried what Dredd made a request for
 * @param reached what came as declared
 */
export function coverageFailures(
  declared: string[],
  { tried, reached, uncovered }: { tried: Set<string>; reached: Set<string>; uncovered: Uncovered },
): string[] {
  const listed = [...uncovered.keys()]
  return [
    ...declared
      .filter(response => !tried.has(response) && !uncovered.has(response))
      .map(response => `${response}: declared, but never asked for`),
    ...listed
      .filter(response => reached.has(response))
      .map(response => `${response}: listed in uncovered.txt, but reached; strike the line`),
    ...listed
      .filter(response => !declared.includes(response))
      .map(response => `${response}: listed in uncovered.txt, but not declared`),
  ]
}
