import type { Child } from '../child.ts'
import type { Place } from '../place.ts'
import type { Plan } from '../plan.ts'

/** What every case works with. */
export interface Bench {
  plan: Plan
  place: Place
  /** The process that sends requests. */
  load: Child
}
