/** Power over state of charge: points of percent and kW, by rising percent, straight lines between. */
export type Curve = readonly (readonly [soc: number, power: number])[]

/** The curve's power in kW at a state of charge in percent. Before the first point and after the last it is level. */
export function powerAt(curve: Curve, soc: number): number {
  const after = curve.findIndex(([at]) => at > soc)
  if (after === -1) return curve.at(-1)![1]
  if (after === 0) return curve[0]![1]
  const [leftSoc, leftPower] = curve[after - 1]!
  const [rightSoc, rightPower] = curve[after]!
  return leftPower + ((rightPower - leftPower) * (soc - leftSoc)) / (rightSoc - leftSoc)
}

/** Reads `0:95 18:90 100:6.6`. */
export function parseCurve(text: string): Curve {
  return text.split(' ').map(point => {
    const [soc, power] = point.split(':').map(Number)
    return [soc!, power!] as const
  })
}
