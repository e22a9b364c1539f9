import type { Handlers } from '../../../generated/board/index.ts'
import { toIdTag } from '../../../src/board/items.ts'
import * as idTags from '../../../src/store/idTags.ts'

export const setIdTag: Handlers['setIdTag'] = async ({ db, caller, path, body }) => {
  const { status, expiresAt, parentIdTag = null } = body
  const tag = { idTag: path.idTag, status, expiresAt: expiresAt == null ? null : new Date(expiresAt), parentIdTag }
  const isNew = await idTags.put(db, caller.tenantId, tag)
  return { status: isNew ? 201 : 200, body: toIdTag(tag) }
}
