import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { closeStations, connectRaw } from '../support/rawStation.ts'
import { openTestDatabase, startServerOn } from '../support/testServer.ts'

/** What an accepted BootNotification opens: the version that it was said in, for as many connections as there are. */

const database = await openTestDatabase()
const first = await startServerOn(database)
const second = await startServerOn(database)
const { password } = first.credentials.ocpp
after(async () => {
  closeStations()
  await Promise.all([first.close(), second.close()])
  await database.drop()
})

const BOOT_16 = { chargePointVendor: 'V', chargePointModel: 'M' }
const BOOT_2 = { reason: 'PowerUp', chargingStation: { vendorName: 'V', model: 'M' } }

const connect = (identity: string, protocol: string, to = first) =>
  connectRaw(to.url, { identity, password, protocols: [protocol] })

/** What a heartbeat over a new connection is answered: `OK`, or the error's code. */
async function beat(identity: string, protocol: string, to = first) {
  const station = await connect(identity, protocol, to)
  const [type, , code] = await station.call('Heartbeat')
  await station.close()
  return type === 3 ? 'OK' : code
}

async function boot(identity: string, protocol: string) {
  const station = await connect(identity, protocol)
  const [type, , answer] = await station.call('BootNotification', protocol === 'ocpp1.6' ? BOOT_16 : BOOT_2)
  assert.deepEqual([type, (answer as { status: string }).status], [3, 'Accepted'])
  assert.equal((await station.call('Heartbeat'))[0], 3, 'the connection is open at once')
  await station.close()
}

describe('a registration', () => {
  it('outlives the connection, on every process', async () => {
    assert.equal(await beat('KEPT-1', 'ocpp2.0.1'), 'SecurityError')
    await boot('KEPT-1', 'ocpp2.0.1')
    for (const process of [first, second]) assert.equal(await beat('KEPT-1', 'ocpp2.0.1', process), 'OK')
  })

  for (const [before, now] of [
    ['ocpp1.6', 'ocpp2.0.1'],
    ['ocpp2.0.1', 'ocpp2.1'],
    ['ocpp2.1', 'ocpp2.0.1'],
  ] as const)
    it(`with ${before} opens nothing for a station that comes back with ${now}`, async () => {
      const identity = `${before}-${now}`
      await boot(identity, before)
      for (const process of [first, second]) assert.equal(await beat(identity, now, process), 'SecurityError')
      await boot(identity, now)
      assert.equal(await beat(identity, now, second), 'OK')
    })

  it('is not needed by a station of 1.6, which keeps that of the version before', async () => {
    await boot('DOWN-1', 'ocpp2.0.1')
    assert.equal(await beat('DOWN-1', 'ocpp1.6'), 'OK')
    assert.equal(await beat('DOWN-1', 'ocpp2.0.1'), 'OK')
  })
})
