import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newestElement } from './newestElement.ts'

const base = new Date('2026-05-10T14:00:00Z')

test('the newest value is the one farthest from the base, wherever it stands', () => {
  const elements = [
    { t: 0, v: '41.5' },
    { t: 2.5, v: '41.9' },
    { t: 1, v: '41.7' },
  ]
  assert.deepEqual(newestElement(elements, base), { value: '41.9', at: new Date('2026-05-10T14:00:02.500Z') })
})

test('a message without values has no newest', () => {
  assert.equal(newestElement([], base), undefined)
})
