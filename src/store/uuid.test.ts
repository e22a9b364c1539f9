import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isUuid } from './uuid.ts'

test('takes a uuid in either case', () => {
  assert.ok(isUuid('3f0f8a52-6f0c-4a7b-8f6a-5b7b5f4b9c01'))
  assert.ok(isUuid('3F0F8A52-6F0C-4A7B-8F6A-5B7B5F4B9C01'))
})

test('refuses what a uuid column could not hold', () => {
  for (const text of [
    '',
    'device-1',
    '3f0f8a52-6f0c-4a7b-8f6a-5b7b5f4b9c0',
    '3f0f8a52-6f0c-4a7b-8f6a-5b7b5f4b9c011',
    '3f0f8a52-6f0c-4a7b-8f6a-5b7b5f4b9c0g',
    '3f0f8a52-6f0c-4a7b-8f6a-5b7b5f4b9c01\n',
    ' 3f0f8a52-6f0c-4a7b-8f6a-5b7b5f4b9c01',
  ]) {
    assert.ok(!isUuid(text), text)
  }
})
