import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Journal } from './journal.ts'

test('the lines of a period, each with its time; of many only the newest are kept', () => {
  const journal = new Journal()
  for (let second = 0; second < 2005; second++) journal.write(second * 1000, `line ${second}`)
  assert.equal(journal.read().length, 2000)
  assert.deepEqual(journal.read(6000, 7000), ['1970-01-01T00:00:06.000Z line 6', '1970-01-01T00:00:07.000Z line 7'])
  assert.deepEqual(journal.read(undefined, 5000), ['1970-01-01T00:00:05.000Z line 5'])
})
