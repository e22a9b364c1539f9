/** A session that a site's power is shared with. */
export interface Claim {
  /** Names the session; stays the same for as long as it lasts. */
  key: string
  /** Below it the vehicle cannot charge, in kW. */
  minimumKw: number
  /** What connector and vehicle can take at most, in kW; at least the minimum, or else the minimum gives way. */
  maximumKw: number
  /** Above the minimum a session gets power in proportion to it, and in a shortage turns: a whole number from 1 to 100. */
  weight: number
}

/** What is left of a limit for vehicles, in kW. */
export const afterMargin = (limitKw: number, marginPercent: number): number => limitKw * (1 - marginPercent / 100)

/**
 * Shares power among sessions by water-filling. While all minimums fit, everybody gets at least the minimum and at most
 * the maximum, and what is between them in proportion to the weights. When they do not fit, as many sessions as do get
 * theirs and the others pause; with every turn the first place goes round, so that everybody whose minimum alone fits
 * charges at least once in a cycle.
 *
 * @param availableKw what may be shared
 * @param claims in an order of their own, such as the time at which they began
 * @param turn counts up as time passes; matters in a shortage only
 * @returns kW by key; their sum never exceeds what is available
 */
export function allocate(availableKw: number, claims: Claim[], turn: number): Map<string, number> {
  const bounded = claims.map(claim => ({ ...claim, minimumKw: Math.min(claim.minimumKw, claim.maximumKw) }))
  const admitted = isShort(availableKw, claims) ? admit(availableKw, bounded, turn) : bounded
  const level = findLevel(availableKw, admitted)
  const shares = new Map(claims.map(({ key }) => [key, 0]))
  for (const claim of admitted) shares.set(claim.key, shareAt(level, claim))
  return shares
}

/** Whether some session has to pause. */
export function isShort(availableKw: number, claims: Claim[]): boolean {
  return sum(claims.map(({ minimumKw, maximumKw }) => Math.min(minimumKw, maximumKw))) > availableKw
}

/** Those who charge in a turn: from the one whose turn it is on, whoever still fits. */
function admit(availableKw: number, claims: Claim[], turn: number): Claim[] {
  const circle = circleOf(claims)
  const first = turn % circle.length
  const order = new Set([...circle.slice(first), ...circle.slice(0, first)])
  const admitted: Claim[] = []
  for (const claim of order)
    if (sum([...admitted, claim].map(({ minimumKw }) => minimumKw)) <= availableKw) admitted.push(claim)
  return admitted
}

/** Everybody as often as the weight says, evenly spread. */
function circleOf(claims: Claim[]): Claim[] {
  return claims
    .flatMap(claim =>
      Array.from({ length: claim.weight }, (_, index) => ({ claim, place: (index + 0.5) / claim.weight })),
    )
    .sort((a, b) => a.place - b.place)
    .map(({ claim }) => claim)
}

const shareAt = (level: number, { minimumKw, maximumKw, weight }: Claim): number =>
  Math.min(maximumKw, Math.max(minimumKw, level * weight))

/** The height of the water, in kW per weight, at which the shares add up to what is available, or to all maximums. */
function findLevel(availableKw: number, claims: Claim[]): number {
  // Between two of these the sum grows evenly.
  const bends = claims.flatMap(({ minimumKw, maximumKw, weight }) => [minimumKw / weight, maximumKw / weight])
  const rising = [0, ...bends].sort((a, b) => a - b)
  const sumAt = (level: number) => sum(claims.map(claim => shareAt(level, claim)))
  const above = rising.findIndex(level => sumAt(level) > availableKw)
  if (above === -1) return rising.at(-1)!
  const low = rising[above - 1] ?? 0
  const [sumLow, sumHigh] = [sumAt(low), sumAt(rising[above]!)]
  return low + ((rising[above]! - low) * (availableKw - sumLow)) / (sumHigh - sumLow)
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)
