import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { preferredType } from './accept.ts'

const OFFERED = ['application/json', 'application/x-ndjson', 'text/csv'] as const

describe('the media type of an answer', () => {
  const cases: [string | undefined, string][] = [
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['text/csv', 'text/csv'],
    ['TEXT/CSV; charset=utf-8', 'text/csv'],
    ['text/*', 'text/csv'],
    ['application/x-ndjson, application/json', 'application/json'],
    ['application/x-ndjson, application/json;q=0.5', 'application/x-ndjson'],
    ['text/csv;q=0.4, */*;q=0.1', 'text/csv'],
    ['application/json;q=0, */*', 'application/x-ndjson'],
    ['image/png', 'application/json'],
    ['text/csv;q=nonsense', 'application/json'],
    ['', 'application/json'],
  ]
  for (const [accept, type] of cases)
    it(`${accept} is answered in ${type}`, () => assert.equal(preferredType(accept, OFFERED), type))
})
