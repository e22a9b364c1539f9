import type { Handlers } from '../../../generated/tellus/index.ts'
import { VERSION } from '../../../src/version.ts'

export const getHealth: Handlers['getHealth'] = async () => ({
  status: 200,
  body: { status: 'ok', timestamp: new Date().toISOString(), version: VERSION },
})
