import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { asApiError, isDatabaseAway } from './errors.ts'

const failure = (fields: object, message = 'failed') => Object.assign(new Error(message), fields)

describe('a database that is away', () => {
  const away = [
    ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', '57P01', '57P02', '57P03', '53300'].map(code => failure({ code })),
    ...['08000', '08003', '08006', '08001', '08004'].map(code => failure({ code })),
    failure({ code: 'ENOENT', syscall: 'connect' }),
    failure({}, 'Connection terminated unexpectedly'),
    failure({}, 'Query read timeout'),
    failure({}, 'timeout exceeded when trying to connect'),
  ]
  for (const error of away)
    it(`is told by ${JSON.stringify({ ...error })} ${error.message}`, () => {
      assert.equal(isDatabaseAway(error), true)
      assert.equal(asApiError(error).kind, 'unavailable')
    })
})

describe('a fault of ours', () => {
  const faults = [
    failure({ code: '08P01' }),
    failure({ code: '42601' }),
    failure({ code: 'ENOENT', syscall: 'open' }),
    failure({ code: 'ENOENT' }),
    'Connection terminated unexpectedly',
  ]
  for (const error of faults)
    it(`is ${typeof error === 'string' ? 'a text' : JSON.stringify({ ...error })}, and not that the database is away`, () => {
      assert.equal(isDatabaseAway(error), false)
      assert.equal(asApiError(error).kind, 'internal')
    })
})
