import { prepareBoard } from './board/prepare.ts'
import type { Draft } from './draft.ts'
import { prepareFlux } from './flux/prepare.ts'
import type { Stage } from './stage.ts'
import { prepareTellus } from './tellus/prepare.ts'

/** How requests of each contract come by their status. A contract joins with a folder of its own and a line here. */
export const subjects: Record<string, (stage: Stage) => Promise<(draft: Draft, status: string) => Promise<void>>> = {
  board: prepareBoard,
  flux: prepareFlux,
  tellus: prepareTellus,
}
