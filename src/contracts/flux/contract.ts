import { handlers } from '../../../generated/flux/index.ts'
import document from '../../../generated/flux/openapi.json' with { type: 'json' }
import * as validators from '../../../generated/flux/validators.js'
import type { Contract } from '../../contract.ts'
import type { Validators } from '../../http/backend.ts'
import type { Document } from '../../http/router.ts'
import { countRequest, roleToken } from './credentials.ts'
import { renderError, unknownPath } from './errors.ts'

/** Battery, meter and market time series, as PostgREST serves tables. */
export const flux: Contract = {
  name: 'flux',
  mount: '/rest/v1',
  document: document as unknown as Document,
  validators: validators as unknown as Validators,
  handlers,
  credentials: { apikey: roleToken, bearer: roleToken },
  corsOrigins: ['*'],
  bodyLimitBytes: 16 * 1024 * 1024,
  mediaType: 'application/json',
  count: countRequest,
  missing: ({ fluxJwtSecret }) => (fluxJwtSecret === undefined ? 'FLUX_JWT_SECRET is not set' : undefined),
  unknownPath,
  renderError,
}
