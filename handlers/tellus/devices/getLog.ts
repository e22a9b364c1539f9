import type { Handlers } from '../../../generated/tellus/index.ts'
import { notFound } from '../../../src/errors.ts'
import * as deviceLogs from '../../../src/store/deviceLogs.ts'

const ENDINGS: Record<string, string> = { 'text/plain': 'log', 'application/gzip': 'gz' }

export const getLog: Handlers['getLog'] = async ({ db, caller, path }) => {
  const log = await deviceLogs.find(db, caller.tenantId, path.id, path.log_id)
  if (log === undefined) throw notFound('log')
  const name = `${path.log_id}.${ENDINGS[log.content_type] ?? 'bin'}`
  // What a charger sent is saved and never shown, whatever it says that it is.
  const headers = {
    'Content-Disposition': `attachment; filename="${name}"`,
    'X-Content-Type-Options': 'nosniff',
  }
  return { status: 200, body: log.content, contentType: log.content_type, headers }
}
