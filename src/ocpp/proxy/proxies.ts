import { isDeepStrictEqual } from 'node:util'
import type { Knex } from 'knex'
import type { Logger } from 'pino'
import type { Feed } from '../../feed/feed.ts'
import * as store from '../../store/proxies.ts'
import * as proxyQueue from '../../store/proxyQueue.ts'
import type { LocalStations, Protocol } from '../action.ts'
import type { Payload } from '../rpc/frame.ts'
import { refusalOf } from './allowedHosts.ts'
import { Bridge, translatorFor } from './bridge.ts'
import { isDurable } from './translator.ts'

interface Means {
  db: Knex
  feed: Feed
  stations: LocalStations
  log: Logger
  /** Hosts that an upstream may have; the list may have become shorter since one was set. */
  allowedHosts: string[]
  /** How long a call waits for its answer, in milliseconds. */
  callTimeout: number
}

/** What a station says. */
interface StationWords {
  station: { identity: string; tenantId: string }
  action: string
  payload: Payload
  receivedAt: Date
}

/** The bridges of the stations that are connected to this process and shown to an upstream. */
export class Proxies {
  readonly #means: Means
  /** Every proxy that is switched on, known before a station says its first word. */
  readonly #enabled = new Map<string, store.Proxy>()
  readonly #bridges = new Map<string, Bridge>()
  #unlisten: (() => void)[] = []

  constructor(means: Means) {
    this.#means = means
  }

  async start(): Promise<void> {
    const { feed, stations } = this.#means
    this.#unlisten = [
      feed.subscribe('ocpp.proxies', ({ kind, row }) =>
        this.#use(
          String(row.identity),
          kind === 'delete' ? undefined : store.fromRow(row as unknown as store.ProxyRow),
        ),
      ),
      feed.onResumed(() => this.#run(() => this.#reloadAll())),
      stations.onConnected(({ identity }, protocol) => this.#open(identity, protocol)),
      feed.subscribe('ocpp.connections', ({ row }) => {
        const identity = String(row.identity)
        if (this.#bridges.has(identity) && stations.protocolOf(identity) === undefined) this.#close(identity)
      }),
    ]
    await this.#reloadAll()
  }

  stop(): void {
    for (const unlisten of this.#unlisten) unlisten()
    for (const identity of [...this.#bridges.keys()]) this.#close(identity)
  }

  /**
   * Tells the station's upstream, if it has one, what it said.
   *
   * @param own what we answer
   * @returns what the station is answered
   */
  async answer({ station, action, payload, receivedAt }: StationWords, own: Payload): Promise<Payload> {
    const { identity, tenantId } = station
    const bridge = this.#bridges.get(identity)
    const message = { action, payload, answer: own, receivedAt }
    if (bridge !== undefined) return bridge.answer(message)
    // A station may be gone by the time its last words are handled; the next connection passes them on.
    if (this.#enabled.has(identity) && isDurable(message))
      await proxyQueue.enqueue(this.#means.db, tenantId, identity, message)
    return own
  }

  #open(identity: string, protocol: Protocol): void {
    this.#close(identity)
    const proxy = this.#enabled.get(identity)
    if (proxy === undefined) return
    const translator = translatorFor(protocol, proxy.upstreamProtocol)
    const refusal = refusalOf(proxy.upstreamUrl, this.#means.allowedHosts)
    const reason =
      translator === undefined
        ? 'the station and the upstream speak the same version'
        : refusal && `the upstream ${refusal}`
    if (translator === undefined || reason !== undefined) {
      const { tenantId, upstreamProtocol } = proxy
      const protocols = { fromProtocol: protocol, toProtocol: upstreamProtocol }
      const event = { tenantId, identity, type: 'error' as const, method: 'Connect', details: { reason }, ...protocols }
      this.#run(() => store.addEvent(this.#means.db, event))
      return
    }
    const bridge = new Bridge(this.#means, proxy, translator)
    this.#bridges.set(identity, bridge)
    bridge.start()
  }

  #close(identity: string): void {
    this.#bridges.get(identity)?.stop()
    this.#bridges.delete(identity)
  }

  async #reloadAll(): Promise<void> {
    const found = new Map((await store.listEnabled(this.#means.db)).map(proxy => [proxy.identity, proxy]))
    for (const identity of new Set([...this.#enabled.keys(), ...found.keys()])) this.#use(identity, found.get(identity))
  }

  /** A proxy that has not changed keeps its connection. */
  #use(identity: string, proxy: store.Proxy | undefined): void {
    const before = this.#enabled.get(identity)
    const now = proxy?.enabled ? proxy : undefined
    if (now === undefined) this.#enabled.delete(identity)
    else this.#enabled.set(identity, now)
    if (isDeepStrictEqual(before, now)) return
    const protocol = this.#means.stations.protocolOf(identity)
    if (protocol !== undefined) this.#open(identity, protocol)
  }

  #run(work: () => Promise<void>): void {
    work().catch(error => this.#means.log.warn({ err: error }, 'proxies could not be read'))
  }
}
