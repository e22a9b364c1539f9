import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { notFound } from '../../../src/errors.ts'
import * as sites from '../../../src/store/sites.ts'

export const getSite: Handlers['getSite'] = async ({ db, caller, path }) => {
  const site = await sites.find(db, caller.tenantId, path.id)
  if (site === undefined) throw notFound('site')
  return success(site)
}
