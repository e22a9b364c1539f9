import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import { readTogether } from './readTogether.ts'

describe('pieces that are read together', () => {
  it('come at once while they are few', () => {
    const { stream, pieces } = listen()
    for (const piece of ['a', 'b', 'c']) stream.write(piece)
    assert.deepEqual(pieces, ['a', 'b', 'c'])
    assert.equal(stream.isPaused(), false)
  })
  it('are left to gather in a rush, and lose nothing', async () => {
    const { stream, pieces } = listen()
    const sent = Array.from({ length: 100 }, (_, index) => String(index))
    for (const piece of sent) stream.write(piece)
    assert.equal(stream.isPaused(), true)
    assert.ok(pieces.length < 10, `${pieces.length} pieces`)
    stream.end()
    await once(stream, 'end')
    assert.equal(pieces.join(''), sent.join(''))
  })
})

function listen() {
  const stream = new PassThrough()
  const pieces: string[] = []
  stream.on('data', piece => pieces.push(String(piece)))
  readTogether(stream)
  return { stream, pieces }
}
