import { handlers } from '../../../generated/tellus/index.ts'
import document from '../../../generated/tellus/openapi.json' with { type: 'json' }
import * as validators from '../../../generated/tellus/validators.js'
import { deviceToken, operatorToken } from '../../auth/bearer.ts'
import { enroll } from '../../auth/enrollment.ts'
import type { Contract } from '../../contract.ts'
import type { Validators } from '../../http/backend.ts'
import type { Document } from '../../http/router.ts'
import { renderError } from './errors.ts'

/** Chargers and the operator console, at the root. */
export const tellus: Contract = {
  name: 'tellus',
  mount: '',
  document: document as unknown as Document,
  validators: validators as unknown as Validators,
  handlers,
  credentials: { deviceToken, operatorToken },
  enroll,
  renderError,
}
