import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { storeSamples } from './stationSamples.ts'

type Call = Parameters<typeof storeSamples>[0]

describe('samples of what is no connector', () => {
  const meterValue = [{ timestamp: '2026-05-10T14:00:00Z', sampledValue: [{ value: '230' }] }]
  const submit = () => assert.fail('it was looked up')
  const call = {
    ingest: { stationSamples: { submit } },
    station: { identity: 'CP-1' },
    receivedAt: new Date(),
  } as unknown as Call

  // The last is what a station may send whose frames are not checked: it would be two elements of an array.
  for (const connector of [0, -1, 1.5, 1e15, '1,5'])
    it(`such as ${connector} are not looked up together with those of other stations`, async () => {
      await storeSamples(call, connector as number, null, meterValue)
    })
})
