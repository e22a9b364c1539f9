import { ApiError } from '../../errors.ts'
import type { Reply } from '../../operation.ts'

/** The envelope of every successful tellus answer but tokens and health. */
export interface Success<Data> {
  code: 0
  message: 'success'
  data: Data
}

export const success = <Data>(data: Data, headers: Record<string, string> = {}): Reply<200, Success<Data>> => ({
  status: 200,
  body: { code: 0, message: 'success', data },
  headers,
})

/** The handler of an operation that its contract publishes but does not offer yet. */
export const notImplemented = async (): Promise<never> => {
  throw new ApiError('notImplemented', 'not implemented')
}
