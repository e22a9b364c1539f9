import type { Contract } from '../contract.ts'
import { board } from './board/contract.ts'
import { flux } from './flux/contract.ts'
import { tellus } from './tellus/contract.ts'

/** Every contract that this server serves. The one at the root comes last, because every path is below it. */
export const contracts: Contract[] = [flux, board, tellus]
