import { handlers } from '../../../generated/board/index.ts'
import document from '../../../generated/board/openapi.json' with { type: 'json' }
import * as validators from '../../../generated/board/validators.js'
import type { Contract } from '../../contract.ts'
import type { Validators } from '../../http/backend.ts'
import type { Document } from '../../http/router.ts'
import { boardSession } from './credentials.ts'
import { renderError, unknownPath } from './errors.ts'

/** OCPP stations, their connections and their messages. */
export const board: Contract = {
  name: 'board',
  mount: '/api',
  document: document as unknown as Document,
  validators: validators as unknown as Validators,
  handlers,
  credentials: { sessionCookie: boardSession, sessionBearer: boardSession },
  missing: ({ board: { token, user } }) =>
    token === undefined && user === undefined ? 'neither BOARD_TOKEN nor BOARD_USER is set' : undefined,
  unknownPath,
  renderError,
}
