/** SQL that writes a timestamptz as contracts have it, `2026-05-10T14:00:00.000Z`, whatever zone the session is in. */
export const instant = (expression: string): string =>
  `to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
