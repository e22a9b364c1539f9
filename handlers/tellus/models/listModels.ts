import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as models from '../../../src/store/models.ts'

export const listModels: Handlers['listModels'] = async ({ db, query }) => success(await models.list(db, query))
