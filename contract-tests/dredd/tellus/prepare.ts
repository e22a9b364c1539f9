import type { Draft } from '../draft.ts'
import type { Stage } from '../stage.ts'
import { failing } from './failing.ts'
import { succeeding } from './succeeding.ts'
import { openWorld, type World } from './world.ts'

/** What makes a request of the tellus contract get a status: everything it needs to succeed, then what spoils that. */
export async function prepareTellus(stage: Stage): Promise<(draft: Draft, status: string) => Promise<void>> {
  const world = await openWorld(stage.servers.main)
  return async (draft, status) => {
    draft.origin = stage.servers.main.url
    addCredential(draft, world)
    await succeeding[draft.route.operation.operationId]?.(draft, world)
    // 501 needs nothing but the credential.
    if (status === '200' || status === '501') return
    const spoil = failing[status]
    if (spoil === undefined) throw new Error(`nothing here leads to ${status}`)
    await spoil(draft, world, stage)
  }
}

/** Who asks: nobody in particular where the contract leaves that open. */
function addCredential({ route, headers }: Draft, { charger, operator, admin }: World): void {
  const security = route.operation.security ?? []
  const schemes = security.map(requirement => Object.keys(requirement)[0])
  if (schemes.length === 0 || schemes.includes(undefined)) return
  const isAdmin = Object.values(security[0]!).flat().includes('admin')
  const token = schemes.includes('deviceToken') ? charger.token : isAdmin ? admin : operator
  headers.Authorization = `Bearer ${token}`
}
