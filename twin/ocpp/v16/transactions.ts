import type { Station } from '../station.ts'
import type { Transaction } from '../transaction.ts'

/** The running transaction with a number of the central system's. */
export function transactionOf(station: Station, number: number): Transaction | undefined {
  const { numbers } = station.setup.state
  return station.running.find(({ id }) => numbers[id] === number)
}
