/**
 * Spreads a power over connectors by water-filling: everybody gets the same, nobody more than its rating, and what one
 * cannot take goes to the others.
 *
 * @param total kW to spread
 * @param ratings kW that each connector can take at most
 * @returns kW per connector, in the order of the ratings; the sum is the smaller of the total and all ratings
 */
export function spreadPower(total: number, ratings: number[]): number[] {
  const shares = ratings.map(() => 0)
  const rising = ratings.map((_, index) => index).sort((a, b) => ratings[a]! - ratings[b]!)
  let left = Math.max(0, total)
  for (const [rank, index] of rising.entries()) {
    const share = Math.min(ratings[index]!, left / (rising.length - rank))
    shares[index] = share
    left -= share
  }
  return shares
}
