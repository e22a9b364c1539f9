/** How long and how often everything is measured. */
export interface Plan {
  /** Alternating runs of ours and the baseline; the table shows the median. */
  runs: number
  warmupSeconds: number
  telemetrySeconds: number
  consoleSeconds: number
  operationsSeconds: number
  /** Samples that each stream subscriber gets in one run. */
  streamFrames: number
  /** Commits that are listened for, one by one and then in a rush. */
  realtimeCommits: number
  /** For MeterValues at each number of stations; before it everything that runs often is to be compiled. */
  ocppSeconds: number
  ocppWarmupSeconds: number
  /** Pings come every 30 s. */
  idleSeconds: number
  boots: number
}

export const FULL: Plan = {
  runs: 5,
  warmupSeconds: 1.5,
  telemetrySeconds: 2.5,
  consoleSeconds: 1.2,
  operationsSeconds: 2,
  streamFrames: 200,
  realtimeCommits: 200,
  ocppSeconds: 3,
  ocppWarmupSeconds: 4,
  idleSeconds: 60,
  boots: 3,
}

/** For a look while working: one run of everything, so its figures carry the noise of the machine. */
export const QUICK: Plan = {
  runs: 1,
  warmupSeconds: 1.5,
  telemetrySeconds: 2,
  consoleSeconds: 1,
  operationsSeconds: 2,
  streamFrames: 100,
  realtimeCommits: 100,
  ocppSeconds: 2,
  ocppWarmupSeconds: 3,
  idleSeconds: 30,
  boots: 1,
}

export const CONNECTIONS = [64, 256]
export const CHARGERS = 256
export const SUBSCRIBERS = 1000
/** Pool of each baseline that asks the database itself; as many as the server has for its requests. */
export const POOL = 20
