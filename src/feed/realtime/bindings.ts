import type { Predicate } from './predicate.ts'
import { keyOf } from './predicate.ts'
import type { TableChange } from './tableChange.ts'

/** One thing that a channel wants to hear of. */
export interface Binding<Owner> {
  owner: Owner
  /** What its events carry, so that the client finds the callback. */
  id: number
  event: '*' | TableChange['type']
  /** The table by name; undefined for all. */
  table: string | undefined
  predicate: Predicate
}

interface Bucket<Owner> {
  /** By column and value, for bindings that want one value of it. */
  equal: Map<string, Map<string, Set<Binding<Owner>>>>
  rest: Set<Binding<Owner>>
}

const ALL = '*'

/**
 * All bindings of a server, arranged so that a change is held only against those that ask for its table and, where they
 * name one, its device: what a change costs does not grow with subscribers to others.
 */
export class Bindings<Owner> {
  readonly #buckets = new Map<string, Bucket<Owner>>()

  add(binding: Binding<Owner>): void {
    const name = binding.table ?? ALL
    const bucket: Bucket<Owner> = this.#buckets.get(name) ?? { equal: new Map(), rest: new Set() }
    this.#buckets.set(name, bucket)
    const { equals } = binding.predicate
    if (equals === undefined) bucket.rest.add(binding)
    else {
      const values = bucket.equal.get(equals.column) ?? new Map<string, Set<Binding<Owner>>>()
      bucket.equal.set(equals.column, values)
      values.set(equals.value, (values.get(equals.value) ?? new Set()).add(binding))
    }
  }

  remove(binding: Binding<Owner>): void {
    const bucket = this.#buckets.get(binding.table ?? ALL)
    const { equals } = binding.predicate
    if (equals === undefined) bucket?.rest.delete(binding)
    else {
      const values = bucket?.equal.get(equals.column)
      values?.get(equals.value)?.delete(binding)
      if (values?.get(equals.value)?.size === 0) values.delete(equals.value)
    }
  }

  /** Those that want to hear of a change. `failed` is told of one whose predicate breaks; it concerns no other. */
  *match(change: TableChange, failed: (binding: Binding<Owner>, error: unknown) => void): Generator<Binding<Owner>> {
    for (const binding of this.#candidates(change)) {
      try {
        if (wants(binding, change)) yield binding
      } catch (error) {
        failed(binding, error)
      }
    }
  }

  *#candidates({ table, row }: TableChange): Generator<Binding<Owner>> {
    for (const name of [table.name, ALL]) {
      const bucket = this.#buckets.get(name)
      if (bucket === undefined) continue
      yield* bucket.rest
      for (const [column, values] of bucket.equal) yield* values.get(keyOf(row[column])) ?? []
    }
  }
}

export const wants = ({ event, table, predicate }: Binding<unknown>, change: TableChange): boolean =>
  (event === '*' || event === change.type) &&
  (table === undefined || table === change.table.name) &&
  predicate.matches(change.row)
