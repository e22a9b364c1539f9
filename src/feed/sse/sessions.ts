import type { BoardCaller } from '../../auth/caller.ts'
import { ApiError } from '../../errors.ts'
import type { Services } from '../../services.ts'
import * as boardSessions from '../../store/boardSessions.ts'

const LONGEST_TIMER = 2 ** 31 - 1

interface Open {
  sessionHash: Buffer
  ends: Set<() => void>
}

/**
 * The streams that sessions of the board have open: no session has too many, and none outlives its session, whichever
 * process ends it.
 */
export class StreamSessions {
  readonly #services: Pick<Services, 'config' | 'db' | 'feed' | 'log'>
  readonly #open = new Map<string, Open>()

  constructor(services: Pick<Services, 'config' | 'db' | 'feed' | 'log'>) {
    this.#services = services
    services.feed.subscribe('ocpp.board_sessions', ({ kind, row }) => {
      if (kind === 'delete') this.#end(keyOf(row.session_hash as Buffer))
    })
    // What ended while the feed was away is asked for.
    services.feed.onResumed(() => {
      for (const { sessionHash } of this.#open.values()) this.#verify(sessionHash)
    })
  }

  /** @throws tooMany when the session has as many streams open as it may */
  checkRoom({ sessionHash }: BoardCaller): void {
    const { streamsPerSession } = this.#services.config
    if ((this.#open.get(keyOf(sessionHash))?.ends.size ?? 0) < streamsPerSession) return
    throw new ApiError('tooMany', `A session may have at most ${streamsPerSession} streams open`, {
      headers: { 'Retry-After': '5' },
    })
  }

  /**
   * @param end called when the session is over
   * @returns to be called when the stream has ended
   */
  add({ sessionHash, expiresAt }: BoardCaller, end: () => void): () => void {
    const key = keyOf(sessionHash)
    const open = this.#open.get(key) ?? { sessionHash, ends: new Set() }
    this.#open.set(key, open)
    open.ends.add(end)
    const expiry = setTimeout(end, Math.min(Math.max(expiresAt - Date.now(), 0), LONGEST_TIMER))
    // The session may have ended after it was looked at, and before anybody told of its end was told of here.
    this.#verify(sessionHash)
    return () => {
      clearTimeout(expiry)
      open.ends.delete(end)
      if (open.ends.size === 0 && this.#open.get(key) === open) this.#open.delete(key)
    }
  }

  #end(key: string): void {
    for (const end of this.#open.get(key)?.ends ?? []) end()
  }

  #verify(sessionHash: Buffer): void {
    boardSessions.find(this.#services.db, sessionHash).then(
      session => session ?? this.#end(keyOf(sessionHash)),
      error => {
        // Who cannot be looked up may come again, and is looked up then.
        this.#services.log.warn({ err: error }, 'the session of a stream could not be looked up')
        this.#end(keyOf(sessionHash))
      },
    )
  }
}

const keyOf = (hash: Buffer) => hash.toString('base64')
