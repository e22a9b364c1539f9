import path from 'node:path'
import type { Answer, TestServer } from '../support/testServer.ts'
import { contractNames, type Operation, operationsOf } from './operations.ts'

/** What the tables know of one contract beyond its document: who may call it, what exists, how its errors look. */
export interface Subject {
  /** Security schemes of the contract, each a kind of caller. */
  schemes: string[]
  /** Scopes that the contract's clients can hold. */
  scopes: string[]
  /** What a caller with these scopes may do. */
  implied(scopes: string[]): ReadonlySet<string>
  /** Headers of a caller of the first tenant who may do everything that its kind may. */
  caller(scheme: string): Promise<Headers>
  /** Headers of the same, of another tenant. */
  stranger(scheme: string): Promise<Headers>
  /** Headers of one whose credential was good once. */
  expired(scheme: string): Promise<Headers>
  /** Headers of one whose client holds exactly these scopes. */
  clientWith(scopes: string[]): Promise<Headers>
  /** Headers of one whose client holds more, but who asked for exactly these scopes. */
  tokenWith(scopes: string[]): Promise<Headers>
  /** What a credential that nobody was given, or that was good once, is answered with; 401 where nothing is said. */
  badCredential?: number
  /** Headers with credentials that nobody was given. */
  garbage: Headers[]
  /** New things of the first tenant: an id for each component that stands in a path. */
  makeThings(): Promise<Record<string, string>>
  /** Ids of the right form that name nothing, for the same components. */
  unknownIds: Record<string, string>
  /** Ids that no thing of the contract could have, and what each is answered with. */
  malformedIds: { component: string; id: string; status: number }[]
  /** Fails where an answer is not the contract's error of this kind. */
  checkError(answer: Answer, kind: ErrorKind, operation?: Operation): void
}

type Headers = Record<string, string>
export type ErrorKind = 'unauthorized' | 'expired' | 'forbidden' | 'notFound' | 'invalid' | 'method' | 'notImplemented'

export interface OpenSubject {
  contract: string
  operations: Operation[]
  subject: Subject
  things: Record<string, string>
}

/**
 * Each contract with its operations and its subject. A contract joins with a file of its name in subjects/, and fails
 * here until it has one. All things are made before the first test is declared: the runner ends when it has none left.
 */
export async function openSubjects(server: TestServer): Promise<OpenSubject[]> {
  return Promise.all(
    contractNames().map(async contract => {
      const module = await import(path.join(import.meta.dirname, 'subjects', `${contract}.ts`))
      const subject: Subject = await module.openSubject(server)
      return { contract, operations: operationsOf(contract), subject, things: await subject.makeThings() }
    }),
  )
}
