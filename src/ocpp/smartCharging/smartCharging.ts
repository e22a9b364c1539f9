import { setTimeout as delay } from 'node:timers/promises'
import type { Knex } from 'knex'
import type { Logger } from 'pino'
import type { Change, Feed } from '../../feed/feed.ts'
import type { Jobs } from '../../jobs/jobs.ts'
import * as siteCharging from '../../store/siteCharging.ts'
import { areVisible } from '../../store/transactions.ts'
import { type CallStation, planSite } from './planner.ts'

interface Means {
  db: Knex
  feed: Feed
  jobs: Jobs
  log: Logger
  callStation: CallStation
}

/** After it a site is planned with what can be seen, in milliseconds. */
const LONGEST_BLINDNESS = 5000

/** What changes have been about since sites were last looked up. */
interface Touched {
  /** Who wrote what was told. */
  transactions: Set<number>
  identities: Set<string>
  deviceIds: Set<string>
  marketTypes: Set<number>
  siteIds: Set<string>
}

/**
 * Plans sites anew at every start and stop of a session, change of settings, limit or price, edge of a window and
 * connection of a station. Every process hears of these, and asks for the same job; one of them does it.
 */
export class SmartCharging {
  readonly #means: Means
  readonly #unlisten: (() => void)[]
  /** Transactions of 2.x whose stations have not told the EVSE yet, by their keys. */
  readonly #unplaced = new Set<string>()
  #touched = nothing()
  #asking: Promise<void> | undefined

  constructor(means: Means) {
    this.#means = means
    const { feed } = means
    const touch = (note: (change: Change) => void) => (change: Change) => {
      note(change)
      this.#touched.transactions.add(change.transaction)
      this.#ask()
    }
    this.#unlisten = [
      feed.subscribe(
        'ocpp.transactions',
        touch(({ kind, row }) => {
          const isPlaced = this.#isPlacedNow(row)
          if (kind === 'insert' || row.ended_at !== null || isPlaced) this.#touched.identities.add(String(row.identity))
        }),
      ),
      feed.subscribe(
        'ocpp.connections',
        touch(({ kind, row }) => {
          if (kind === 'insert') this.#touched.identities.add(String(row.identity))
        }),
      ),
      feed.subscribe(
        'ocpp.stations',
        touch(({ kind, row }) => {
          if (kind === 'update') this.#touched.identities.add(String(row.identity))
        }),
      ),
      feed.subscribe(
        'core.commands',
        touch(({ row }) => {
          const isForPlan =
            row.status === 'accepted' && ['start_charging', 'set_schedule'].includes(String(row.command))
          if (isForPlan || row.command === 'set_power_limit') this.#touched.deviceIds.add(String(row.device_id))
        }),
      ),
      feed.subscribe(
        'ocpp.site_charging',
        touch(({ row }) => this.#touched.siteIds.add(String(row.site_id))),
      ),
      feed.subscribe(
        'flux.market_data',
        touch(({ row }) => this.#touched.marketTypes.add(Number(row.type))),
      ),
      // What happened while the feed was away is in the tables.
      feed.onResumed(() => this.#planAll()),
    ]
  }

  /** Begins to work on plans, and plans every site as after a time in which nobody did. */
  async start(): Promise<void> {
    const { db, jobs, callStation } = this.#means
    await jobs.work('plan-site', async ({ siteId }) => {
      const again = await planSite({ db, callStation }, siteId)
      if (again !== undefined) await jobs.sendOnce('wake-site', { siteId }, `${siteId} ${again.toISOString()}`, again)
    })
    await jobs.work('wake-site', async ({ siteId }) => jobs.sendOnce('plan-site', { siteId }, siteId))
    this.#planAll()
  }

  stop(): void {
    for (const unlisten of this.#unlisten) unlisten()
  }

  /** Whether this change tells where the vehicle is, which the station did not say when it began the transaction. */
  #isPlacedNow({ transaction_key, protocol, evse_id, ended_at }: Change['row']): boolean {
    const key = String(transaction_key)
    const wasUnplaced = this.#unplaced.delete(key)
    if (protocol !== 'ocpp1.6' && evse_id === null && ended_at === null) this.#unplaced.add(key)
    return wasUnplaced && evse_id !== null
  }

  #planAll(): void {
    this.#run(async () => this.#send(await siteCharging.enabledSites(this.#means.db)))
  }

  /** Looks up at once what a burst of changes was about. */
  #ask(): void {
    const { identities, deviceIds, marketTypes, siteIds } = this.#touched
    if (this.#asking !== undefined || identities.size + deviceIds.size + marketTypes.size + siteIds.size === 0) return
    this.#asking = this.#run(async () => {
      const touched = this.#touched
      this.#touched = nothing()
      await untilVisible(this.#means.db, [...touched.transactions])
      await this.#send(await sitesOf(this.#means.db, touched))
    }).then(() => {
      this.#asking = undefined
      this.#ask()
    })
  }

  async #send(siteIds: Iterable<string>): Promise<void> {
    for (const siteId of siteIds) await this.#means.jobs.sendOnce('plan-site', { siteId }, siteId)
  }

  /** Without the database there is nothing to plan; the feed tells when it is back, and then all sites are. */
  async #run(work: () => Promise<void>): Promise<void> {
    await work().catch(error => this.#means.log.warn({ err: error }, 'sites could not be asked to be planned'))
  }
}

const nothing = (): Touched => ({
  transactions: new Set(),
  identities: new Set(),
  deviceIds: new Set(),
  marketTypes: new Set(),
  siteIds: new Set(),
})

/** What the feed tells can be found a moment later, and Postgres has no event for that moment. */
async function untilVisible(db: Knex, transactions: number[]): Promise<void> {
  const deadline = performance.now() + LONGEST_BLINDNESS
  while (performance.now() < deadline && !(await areVisible(db, transactions))) await delay(2)
}

async function sitesOf(db: Knex, touched: Touched): Promise<Set<string>> {
  const found = new Set(touched.siteIds)
  const { identities, deviceIds, marketTypes } = touched
  const ofStations = await siteCharging.sitesOf(db, [...identities], [...deviceIds])
  const ofPrices = marketTypes.size === 0 ? [] : await siteCharging.sitesByMarketType(db, [...marketTypes])
  for (const siteId of [...ofStations, ...ofPrices]) found.add(siteId)
  return found
}
