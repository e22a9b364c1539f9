import { untilVisible } from '../feed/untilVisible.ts'
import type { Services } from '../services.ts'
import { noteConnected } from '../store/commandProofs.ts'
import * as calls from '../store/ocppCalls.ts'
import * as commands from '../store/ocppCommands.ts'
import { dispatchCommands } from './commands/dispatch.ts'
import { sendQueued } from './remoteCalls.ts'

/** How often what should not be there is looked for: overdue, left by a dead process, or told while nobody heard. */
const SWEEP_MS = 3000

/**
 * What is to reach the stations of this process: calls that other processes queue and commands of tellus. The feed tells
 * of it, and whatever waits for a station is looked for when it connects.
 */
export class StationWork {
  readonly #services: Services
  #identities = new Set<string>()
  #deviceIds = new Set<string>()
  #connected = new Set<string>()
  #transactions: number[] = []
  #looking: Promise<void> | undefined
  readonly #underway = new Set<Promise<void>>()
  /** The stations that commands are being brought to, and whether there may be more of them meanwhile. */
  readonly #dispatching = new Map<string, { again: boolean }>()
  /** The ids of those that are underway. */
  readonly #commands = new Set<string>()
  #sweeper: NodeJS.Timeout | undefined
  #sweeping: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(services: Services) {
    this.#services = services
  }

  start(): void {
    const { feed, stations } = this.#services
    feed.subscribe('ocpp.calls', ({ kind, row, transaction }) => {
      const identity = row.identity as string
      if (kind !== 'insert' || row.status !== 'queued' || stations.protocolOf(identity) === undefined) return
      this.#identities.add(identity)
      this.#look(transaction)
    })
    feed.subscribe('core.commands', ({ kind, row, transaction }) => {
      if (kind !== 'insert' || row.channel !== 'ocpp') return
      this.#deviceIds.add(row.device_id as string)
      this.#look(transaction)
    })
    feed.onResumed(() => this.#sweep())
    stations.onConnected(({ identity }) => {
      this.#identities.add(identity)
      this.#connected.add(identity)
      this.#look()
    })
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS)
  }

  /** Waits for what is underway; when the sockets are closed, that is soon. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#sweeper)
    await this.#sweeping
    await this.#looking
    await Promise.all(this.#underway)
  }

  /** Many stations that connect at once are looked for together. */
  #look(transaction?: number): void {
    if (transaction !== undefined) this.#transactions.push(transaction)
    if (this.#stopped) return
    this.#looking ??= this.#lookAll().finally(() => {
      this.#looking = undefined
    })
  }

  async #lookAll(): Promise<void> {
    const { db } = this.#services
    while (this.#identities.size + this.#deviceIds.size > 0 && !this.#stopped) {
      const [identities, deviceIds] = [[...this.#identities], [...this.#deviceIds]]
      const [connected, transactions] = [[...this.#connected], this.#transactions]
      this.#identities = new Set()
      this.#deviceIds = new Set()
      this.#connected = new Set()
      this.#transactions = []
      await this.#guard('what waits for stations could not be looked for', async () => {
        await untilVisible(db, transactions, () => this.#stopped)
        if (connected.length > 0) await noteConnected(db, connected)
        for (const identity of await commands.stationsWithWork(db, { identities, deviceIds })) this.#serve(identity)
      })
    }
  }

  /** A call does not wait for the one before, since it may be there to end what hangs; commands come one after the other. */
  #serve(identity: string): void {
    if (this.#services.stations.protocolOf(identity) === undefined) return
    this.#undertake(() => sendQueued(this.#services, identity))
    const busy = this.#dispatching.get(identity)
    if (busy !== undefined) busy.again = true
    else this.#undertake(() => this.#dispatch(identity))
  }

  async #dispatch(identity: string): Promise<void> {
    const state = { again: true }
    this.#dispatching.set(identity, state)
    try {
      while (state.again) {
        state.again = false
        await dispatchCommands(this.#services, identity, this.#commands)
      }
    } finally {
      this.#dispatching.delete(identity)
    }
  }

  #undertake(work: () => Promise<void>): void {
    const done = this.#guard('what waits for a station could not be sent', work).finally(() =>
      this.#underway.delete(done),
    )
    this.#underway.add(done)
  }

  #sweep(): void {
    const { db, draining, processId } = this.#services
    if (draining.aborted) return
    this.#sweeping = this.#sweeping.then(() =>
      this.#guard('what should not wait could not be ended', async () => {
        await commands.endOverdue(db, { processId, underway: [...this.#commands] })
        await calls.endOverdue(db)
        for (const identity of await commands.stationsWithWork(db, 'all')) this.#serve(identity)
      }),
    )
  }

  async #guard(message: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#services.log.warn({ err: error }, message)
    }
  }
}
