import type { ApiError } from '../errors.ts'
import { restError } from './errors.ts'

/** Walks through a text once, from the left. What is not as the grammar has it ends in PGRST100 with the place. */
export class Scanner {
  readonly text: string
  /** What the text is, for messages: `filter`, `order`, `select parameter`, ... */
  readonly #what: string
  position = 0

  constructor(text: string, what: string) {
    this.text = text
    this.#what = what
  }

  get rest(): string {
    return this.text.slice(this.position)
  }

  get atEnd(): boolean {
    return this.position >= this.text.length
  }

  peek(): string {
    return this.text[this.position] ?? ''
  }

  /** Takes the words when they are next. */
  take(words: string): boolean {
    if (!this.text.startsWith(words, this.position)) return false
    this.position += words.length
    return true
  }

  /** Takes what a sticky expression matches here; `''` when it matches nothing. */
  match(sticky: RegExp): string {
    sticky.lastIndex = this.position
    const found = sticky.exec(this.text)?.[0] ?? ''
    this.position += found.length
    return found
  }

  spaces(): void {
    this.match(/ */y)
  }

  expect(words: string): void {
    if (!this.take(words)) throw this.unexpected(`"${words}"`)
  }

  end(): void {
    if (!this.atEnd) throw this.unexpected('end of input')
  }

  /** `"..."` with `\"` and `\\` in it. */
  quoted(): string {
    this.expect('"')
    const inside = this.match(/(?:[^"\\]|\\.)*/sy)
    if (!this.take('"')) throw this.unexpected('"\\""')
    return inside.replace(/\\(.)/gs, '$1')
  }

  unexpected(expecting: string): ApiError {
    const next = this.atEnd ? 'end of input' : `"${this.peek()}"`
    return restError(
      'PGRST100',
      `"failed to parse ${this.#what} (${this.text.slice(0, 200)})" (line 1, column ${this.position + 1})`,
      { details: `unexpected ${next} expecting ${expecting}` },
    )
  }
}
