/** What the process of the subscribers is asked to do. */
export type SubscriberJob =
  /** Reports when all are connected. */
  | { kind: 'open'; port: number; token: string; subscribers: number }
  /** Reports when this many frames have come, over all connections: the time, in milliseconds since 1970. */
  | { kind: 'expect'; frames: number }
