import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { openBoard } from '../board/board.ts'
import { closeStations, connectRaw, type RawStation, refusedHandshake } from '../support/rawStation.ts'
import { openTestDatabase, startServerOn } from '../support/testServer.ts'

/** A station that is given a new password over its connection keeps the connection, and gets in with what it has. */

const database = await openTestDatabase()
const server = await startServerOn(database)
const second = await startServerOn(database)
const { send } = await openBoard(server)
after(async () => {
  closeStations()
  await Promise.all([server.close(), second.close()])
  await database.drop()
})

const KEY = '00ff10e2030405060708090a0b0c0d0e'
const TEXT = 'correct-horse-battery'
const VERSIONS = {
  'ocpp1.6': {
    call: { action: 'ChangeConfiguration', payload: { key: 'AuthorizationKey', value: KEY } },
    said: (status: string) => ({ status }),
    password: Buffer.from(KEY, 'hex'),
  },
  'ocpp2.0.1': {
    call: {
      action: 'SetVariables',
      payload: {
        setVariableData: [
          {
            component: { name: 'SecurityCtrlr' },
            variable: { name: 'BasicAuthPassword' },
            attributeValue: TEXT,
          },
        ],
      },
    },
    said: (attributeStatus: string) => ({
      setVariableResult: [
        { attributeStatus, component: { name: 'SecurityCtrlr' }, variable: { name: 'BasicAuthPassword' } },
      ],
    }),
    password: Buffer.from(TEXT),
  },
}

for (const [protocol, { call, said, password: next }] of Object.entries(VERSIONS))
  describe(`a new password over ${protocol}`, () => {
    /** Gives a station of the second process the password, and has it do something with the call. */
    async function give(answer: (station: RawStation, id: unknown) => void) {
      const identity = `TOLD-${randomUUID()}`
      const { password } = (await send('PUT', `/stations/${identity}`, 'demo', {})).body as { password: string }
      const station = await connectRaw(second.url, { identity, password, protocols: [protocol] })
      const asked = send('POST', `/connections/${identity}/commands`, 'demo', call)
      answer(station, (await station.next())[1])
      const { status } = await asked
      const claim = (given: string | Buffer) => ({ identity, password: given, protocols: [protocol] })
      const getsIn = async (given: string | Buffer) => (await connectRaw(server.url, claim(given))).close()
      const isRefused = async (given: string | Buffer) =>
        assert.equal((await refusedHandshake(server.url, claim(given))).status, 401)
      return { station, status, password, getsIn, isRefused }
    }

    it('is the only one when the station took it, and its connection stays', async () => {
      const told = await give((station, id) => station.send([3, id, said('Accepted')]))
      assert.equal(told.status, 200)
      assert.equal((await told.station.call('BootNotification', {}))[1], 'call-1', 'it is still connected')
      await told.isRefused(told.password)
      await told.getsIn(next)
    })

    it('is good for nothing when the station did not take it', async () => {
      const told = await give((station, id) => station.send([3, id, said('Rejected')]))
      await told.isRefused(next)
      await told.getsIn(told.password)
    })

    it('and the old one are good when the station did not say, until it comes with the new one', async () => {
      const told = await give(station => station.socket.terminate())
      assert.equal(told.status, 409)
      await told.getsIn(told.password)
      await told.getsIn(next)
      await told.isRefused(told.password)
      await told.getsIn(next)
    })

    it('and the old one are good while it has to start anew first', async () => {
      const told = await give((station, id) => station.send([3, id, said('RebootRequired')]))
      await told.getsIn(told.password)
      await told.getsIn(next)
      await told.isRefused(told.password)
    })
  })

describe('a password that is rotated', () => {
  it('takes one back that a station was given and did not come with', async () => {
    const identity = `BOTH-${randomUUID()}`
    const { password } = (await send('PUT', `/stations/${identity}`, 'demo', {})).body
    const station = await connectRaw(server.url, { identity, password })
    const asked = send('POST', `/connections/${identity}/commands`, 'demo', VERSIONS['ocpp1.6'].call)
    await station.next()
    station.socket.terminate()
    await asked
    await send('PUT', `/stations/${identity}`, 'demo', { rotate: true })
    const given = VERSIONS['ocpp1.6'].password
    assert.equal((await refusedHandshake(server.url, { identity, password: given })).status, 401)
  })
})
