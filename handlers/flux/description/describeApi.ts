import type { Handlers } from '../../../generated/flux/index.ts'
import document from '../../../generated/flux/openapi.json' with { type: 'json' }

export const describeApi: Handlers['describeApi'] = async () => ({ status: 200, body: document })
