/** What the process of the stations is asked to do. */
export type StationJob =
  /** Reports when all are connected. */
  | { kind: 'open'; port: number; identities: string[]; password: string }
  /** A closed loop: every station sends MeterValues as soon as the last ones are answered. Reports a `JobResult`. */
  | { kind: 'call'; seconds: number }
  /** Reports when all are gone. */
  | { kind: 'close' }
