import type { Reply } from '../operation.ts'
import type { Validators } from './backend.ts'
import type { ServedOperation } from './router.ts'

export const JSON_TYPE = 'application/json'
/** Longer replies, and those that were written elsewhere, are looked at in tests only; in characters. */
const LARGE = 256 * 1024

/**
 * Refuses a reply that the contract does not declare: the fault is ours, so the caller gets a 500 and the log the reason.
 *
 * @param length of the body as it goes out
 * @param isThorough whether replies that cost much to check are checked too
 */
export function checkReply(
  responses: Validators['responses'],
  { operationId }: ServedOperation,
  reply: Reply,
  { length, isThorough }: { length: number; isThorough: boolean },
): void {
  const validate = responses[operationId]?.[reply.status]
  if (validate === undefined) {
    if (reply.body === undefined || Buffer.isBuffer(reply.body)) return
    throw new Error(`${operationId} answered ${reply.status}, which its contract does not declare`)
  }
  const isWritten = reply.contentType !== undefined
  if (!isThorough && (isWritten || length > LARGE)) return
  if (isWritten && (reply.body === undefined || reply.isCallersShape || !reply.contentType!.startsWith(JSON_TYPE)))
    return
  if (validate(isWritten ? JSON.parse(reply.body as string) : reply.body)) return
  const [error] = validate.errors!
  throw new Error(`${operationId} answered against its contract: ${error!.instancePath} ${error!.message}`)
}
