import assert from 'node:assert/strict'
import { it } from 'node:test'
import { spreadPower } from './spreadPower.ts'

it('gives everybody the same', () => assert.deepEqual(spreadPower(88, [180, 180, 180, 180]), [22, 22, 22, 22]))
it('gives what a small one cannot take to the others', () =>
  assert.deepEqual(spreadPower(100, [22, 180, 180]), [22, 39, 39]))
it('gives nobody more than its rating', () => assert.deepEqual(spreadPower(1000, [22, 7]), [22, 7]))
it('takes everything away', () => assert.deepEqual(spreadPower(0, [22, 7]), [0, 0]))
it('knows that there may be nobody', () => assert.deepEqual(spreadPower(50, []), []))
