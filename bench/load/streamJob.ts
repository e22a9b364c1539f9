/** What the subscribers' process is asked to do; `open` and `expect` are answered when they are done. */
export type SubscriberJob =
  | { kind: 'open'; port: number; token: string; count: number }
  /** Count this many frames, over all connections. */
  | { kind: 'expect'; frames: number }
  | { kind: 'close' }

export interface Received {
  /** When the last frame came, in milliseconds since 1970. */
  finishedAt: number
  bytes: number
}
