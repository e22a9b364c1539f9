import type { Contract } from '../src/contract.ts'
import type { Validators } from '../src/http/backend.ts'

type Operation = Record<string, unknown> & { operationId: string }
type Item = Record<string, Operation>

/**
 * A contract with as many times the operations: every path again under other names, half of them below the original
 * path and half beside it, so that neither depth nor breadth goes unmeasured.
 */
export function padded(contract: Contract, times: number): Contract {
  const paths: Record<string, Item> = {}
  const handlers: Record<string, unknown> = {}
  const validators: Validators = { requests: {}, responses: {} }
  for (let copy = 0; copy < times; copy++) {
    for (const [path, item] of Object.entries((contract.document.paths ?? {}) as Record<string, Item>)) {
      const place = copy === 0 ? path : copy % 2 === 0 ? `${path}/copy${copy}` : `/copy${copy}${path}`
      paths[place] = {}
      for (const [method, operation] of Object.entries(item)) {
        const { operationId } = operation
        const name = copy === 0 ? operationId : `${operationId}Copy${copy}`
        paths[place][method] = { ...operation, operationId: name }
        handlers[name] = (contract.handlers as Record<string, unknown>)[operationId]
        validators.requests[name] = contract.validators.requests[operationId]!
        validators.responses[name] = contract.validators.responses[operationId]!
      }
    }
  }
  return { ...contract, document: { ...contract.document, paths }, handlers, validators }
}
