import type { Handlers } from '../../../generated/board/index.ts'
import { toStation } from '../../../src/board/items.ts'
import { setStation as set } from '../../../src/board/setStation.ts'

export const setStation: Handlers['setStation'] = async ({ db, caller, path, body }) => {
  const { station, isNew, password } = await set(db, caller.tenantId, path.identity, body)
  return {
    status: isNew ? 201 : 200,
    body: { ...toStation(station), ...(password !== undefined && { password }) },
    headers: { 'Cache-Control': 'no-store' },
  }
}
