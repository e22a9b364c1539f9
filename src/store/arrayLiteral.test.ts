import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { arrayLiteral, textArrayLiteral } from './arrayLiteral.ts'

describe('an array literal of Postgres', () => {
  it('has values as they are, and NULL', () => {
    assert.equal(arrayLiteral(['a', 1.5, true, null]), '{a,1.5,true,NULL}')
  })
  it('quotes text that would be read as something else', () => {
    assert.equal(textArrayLiteral(['Heartbeat', 'a-1.b:c', null]), '{Heartbeat,a-1.b:c,NULL}')
    assert.equal(textArrayLiteral(['', 'null', 'NULL', 'a,b', '{}', ' a']), '{"","null","NULL","a,b","{}"," a"}')
    assert.equal(textArrayLiteral(['say "a\\b"']), '{"say \\"a\\\\b\\""}')
  })
})
