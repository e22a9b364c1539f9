import { AsyncLocalStorage } from 'node:async_hooks'

/** A request that will stand in the audit log, as far as it is known before its answer. */
export interface Action {
  actor: string
  /** The operationId. */
  action: string
  method: string
  /** Path and query, without secrets. */
  path: string
  requestId: string
  address: string
}

/**
 * What is being done now. It is carried beside the calls, so that whatever queues a command can put it on record in the
 * statement that queues it, and no handler has to pass it on or can forget to.
 */
const underway = new AsyncLocalStorage<Action>()

export const doing = <Result>(action: Action, run: () => Result): Result => underway.run(action, run)

/** Undefined in a job, which nobody asks for. */
export const actionUnderway = (): Action | undefined => underway.getStore()
