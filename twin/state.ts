import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ChargingRecord } from './connector.ts'
import type { Credentials } from './link.ts'
import type { Counts } from './parts.ts'

/** What a charger keeps while it is switched off. */
export interface ChargerState extends Credentials {
  sn: string
  firmware_version: string
  /** Readings of its connectors' energy meters, kWh. */
  meters: number[]
  /** What it counts of its parts. */
  parts?: Counts
  /** Charging records that no server has acknowledged yet. */
  records: ChargingRecord[]
}

/** The chargers and sites that were registered with one server, by their place in the fleet. */
export interface FleetState<Kept = ChargerState> {
  /** Part of every serial number, so that two fleets on one server do not meet. */
  name: string
  chargers: Record<string, Kept>
  site_ids: Record<string, string>
}

/**
 * The state file: fleets by the server's address. It holds secrets, so only its owner may read it. Without a path the
 * state lives in memory and every run is a new fleet.
 */
export class State<Kept = ChargerState> {
  readonly fleet: FleetState<Kept>
  readonly #path: string | undefined
  readonly #fleets: Record<string, FleetState<Kept>>
  #writing: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined

  private constructor(file: string | undefined, fleets: Record<string, FleetState<Kept>>, key: string) {
    this.#path = file
    this.#fleets = fleets
    this.fleet = fleets[key] ??= { name: randomBytes(3).toString('hex').toUpperCase(), chargers: {}, site_ids: {} }
  }

  /**
   * @param kind of the chargers, when they speak something else than tellus
   * @throws Error with one clear line when the file is there and cannot be used
   */
  static async open<Kept = ChargerState>(file: string | undefined, url: string, kind = ''): Promise<State<Kept>> {
    const key = `${new URL(url).href}${kind}`
    if (file === undefined) return new State<Kept>(undefined, {}, key)
    let text: string
    try {
      text = await readFile(file, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      return new State<Kept>(file, {}, key)
    }
    try {
      return new State<Kept>(file, JSON.parse(text), key)
    } catch {
      throw new Error(`${file} is not a state file of the twin; move it away or name another one with --state`)
    }
  }

  /** Writes the state. Calls during a write share the next one, so that a large fleet can save as often as it likes. */
  save(): Promise<void> {
    this.#next ??= this.#writing.then(() => {
      this.#next = undefined
      this.#writing = this.#write()
      return this.#writing
    })
    return this.#next
  }

  async #write(): Promise<void> {
    if (this.#path === undefined) return
    await mkdir(path.dirname(this.#path), { recursive: true })
    // A name of its own and a rename: a crash leaves either the old state or the new one.
    const draft = `${this.#path}.${process.pid}`
    await writeFile(draft, `${JSON.stringify(this.#fleets, null, 1)}\n`, { mode: 0o600 })
    await rename(draft, this.#path)
  }
}
