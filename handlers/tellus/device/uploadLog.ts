import type { Handlers } from '../../../generated/tellus/index.ts'
import { findUpload, storeLog } from '../../../src/charger/logUpload.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'

export const uploadLog: Handlers['uploadLog'] = async ({ db, path, headers, bytes, concerns }) => {
  const upload = await findUpload(db, path.token)
  concerns(upload.tenantId)
  const [contentType = ''] = (headers['content-type'] ?? '').toLowerCase().split(';')
  return success(await storeLog(db, upload, await bytes(), contentType.trim()))
}
