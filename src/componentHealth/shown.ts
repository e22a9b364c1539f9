/** The highest number that the contract tells of a part. */
export const MOST = 1_000_000_000

/**
 * What was worked out, as it is told: with one decimal, and as the highest number where it is higher still, so that no
 * part that hardly wears, or whose life a charger calls close to nothing, leads to a number without an end.
 */
export const shown = (value: number): number => Math.min(Math.round(value * 10) / 10, MOST)
