/** How somebody shows who they are. */
export interface Token {
  id: string
  /** As 2.0.1 has it: `ISO14443`, `Central`... */
  type: string
}

/** What is known of a token. `until` in milliseconds. */
export interface TokenInfo {
  status: string
  until?: number
  group?: string
}

export interface LocalList {
  version: number
  entries: Record<string, TokenInfo>
}

export type ListUpdate = 'Accepted' | 'Failed' | 'VersionMismatch'

const MOST_CACHED = 500

/** Who may charge, as far as the station itself knows: the list that it was sent, and what it was told before. */
export class Tokens {
  readonly list: LocalList
  readonly #cache = new Map<string, TokenInfo>()

  constructor(list: LocalList) {
    this.list = list
  }

  /** Notes an answer of the central system. */
  remember(id: string, info: TokenInfo): void {
    const name = id.toLowerCase()
    this.#cache.delete(name)
    this.#cache.set(name, info)
    if (this.#cache.size > MOST_CACHED) this.#cache.delete(this.#cache.keys().next().value!)
  }

  clearCache(): void {
    this.#cache.clear()
  }

  /** What the station knows; the list counts before what it was told once. */
  find(id: string, at: number, { list, cache }: { list: boolean; cache: boolean }): TokenInfo | undefined {
    const name = id.toLowerCase()
    const info = (list ? this.list.entries[name] : undefined) ?? (cache ? this.#cache.get(name) : undefined)
    if (info?.until !== undefined && info.until <= at) return { ...info, status: 'Expired' }
    return info
  }

  /** Replaces the list, or changes it: an entry without info leaves it. */
  update(
    version: number,
    kind: 'Full' | 'Differential',
    changes: readonly { id: string; info: TokenInfo | undefined }[],
  ): ListUpdate {
    if (kind === 'Differential' && version <= this.list.version) return 'VersionMismatch'
    if (kind === 'Full' && changes.some(({ info }) => info === undefined)) return 'Failed'
    if (kind === 'Full') this.list.entries = {}
    for (const { id, info } of changes) {
      if (info === undefined) delete this.list.entries[id.toLowerCase()]
      else this.list.entries[id.toLowerCase()] = info
    }
    this.list.version = version
    return 'Accepted'
  }
}

/** Those who come by themselves. */
export const DRIVERS: readonly Token[] = Array.from({ length: 20 }, (_, index) => ({
  id: `TWIN${String(index + 1).padStart(4, '0')}`,
  type: 'ISO14443',
}))
