import type { Handlers } from '../../../generated/board/index.ts'
import { callStation as call } from '../../../src/board/callStation.ts'
import { unknownConnection } from '../../../src/contracts/board/errors.ts'

export const callStation: Handlers['callStation'] = async ({ caller, path, body, ...services }) => {
  const answer = await call(services, caller, { ...body, ...path })
  if (answer === undefined) throw unknownConnection()
  return { status: 200, body: answer }
}
