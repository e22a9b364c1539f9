import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApiError } from '../errors.ts'
import { GuessLimiter } from './guessLimiter.ts'

const LIMIT = { count: 3, seconds: 60 }
const wrong = async () => {
  throw new ApiError('unauthorized', 'wrong')
}
const right = async () => 'right'
const slowed = (error: ApiError) => error.kind === 'tooMany' && Number(error.headers['Retry-After']) === 20

describe('guesses', () => {
  it('are slowed per key after the count, whatever the other key is, and one more is free with each token', async () => {
    const guesses = new GuessLimiter(LIMIT)
    for (const address of ['a', 'b', 'c'])
      await assert.rejects(guesses.attempt(['account', address], wrong, 0), /wrong/)
    await assert.rejects(guesses.attempt(['account', 'd'], right, 0), slowed)
    assert.equal(await guesses.attempt(['other', 'd'], right, 0), 'right')
    assert.equal(await guesses.attempt(['account', 'd'], right, 20_000), 'right')
  })
  it('count when they come all at once', async () => {
    const guesses = new GuessLimiter(LIMIT)
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => guesses.attempt(['account'], wrong, 0)))
    const kinds = answers.map(answer => (answer as PromiseRejectedResult).reason.kind)
    assert.equal(kinds.filter(kind => kind === 'unauthorized').length, 3)
  })
  it('that are right cost nothing, nor does what fails for another reason', async () => {
    const guesses = new GuessLimiter(LIMIT)
    const away = async () => {
      throw new ApiError('unavailable', 'away')
    }
    for (let index = 0; index < 10; index++) {
      await guesses.attempt(['account', 'address'], right, 0)
      await assert.rejects(guesses.attempt(['account', 'address'], away, 0), /away/)
    }
  })
  it('that are refused for one key do not count for the other', async () => {
    const guesses = new GuessLimiter(LIMIT)
    for (let index = 0; index < 3; index++) await assert.rejects(guesses.attempt(['account'], wrong, 0), /wrong/)
    for (let index = 0; index < 9; index++)
      await assert.rejects(guesses.attempt(['address', 'account'], right, 0), slowed)
    assert.equal(await guesses.attempt(['address'], right, 0), 'right')
  })
  it('of many together take a token only when they are wrong, and are not told once there is none', async () => {
    const guesses = new GuessLimiter(LIMIT)
    const clock = () => 0
    const many = await Promise.all(Array.from({ length: 50 }, () => guesses.attemptTogether(['a'], right, clock)))
    assert.equal(many.length, 50)
    const wrongs = Array.from({ length: 10 }, () => guesses.attemptTogether(['a'], wrong, clock))
    const mixed = await Promise.allSettled([...wrongs, guesses.attemptTogether(['a'], right, clock)])
    const kinds = mixed.map(answer => (answer as PromiseRejectedResult).reason?.kind)
    assert.equal(kinds.filter(kind => kind === 'unauthorized').length, 3)
    assert.equal(kinds.at(-1), 'tooMany')
    await assert.rejects(guesses.attemptTogether(['a'], right, clock), slowed)
    assert.equal(await guesses.attemptTogether(['a'], right, () => 20_000), 'right')
  })
})
