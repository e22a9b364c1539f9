/**
 * The newest value of a stream's message (OCPP 2.1).
 *
 * @param elements values `v` with the seconds `t` that each lies after `base`
 */
export function newestElement(
  elements: { t: number; v: string }[],
  base: Date,
): { value: string; at: Date } | undefined {
  if (elements.length === 0) return undefined
  const { t, v } = elements.reduce((newest, element) => (element.t >= newest.t ? element : newest))
  return { value: v, at: new Date(base.getTime() + t * 1000) }
}
