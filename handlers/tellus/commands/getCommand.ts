import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { notFound } from '../../../src/errors.ts'
import * as commands from '../../../src/store/commands.ts'

export const getCommand: Handlers['getCommand'] = async ({ db, caller, path }) => {
  const command = await commands.find(db, caller.tenantId, path.id)
  if (command === undefined) throw notFound('command')
  return success(command)
}
