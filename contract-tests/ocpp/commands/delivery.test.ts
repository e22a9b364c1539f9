import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { callStation } from '../../../src/ocpp/remoteCalls.ts'
import { claimNext } from '../../../src/store/ocppCommands.ts'
import { serverProcessOn } from '../../processes/serverProcess.ts'
import { eventually } from '../../processes/workplace.ts'
import { commandedStation, lastAsked } from '../../support/commandedStation.ts'
import { openTestDatabase, startServerOn } from '../../support/testServer.ts'

/** Commands and calls wait, are sent once, on whichever process holds the socket, and come to an end whatever happens. */

const database = await openTestDatabase()
const QUICK = { OCPP_CALL_TIMEOUT_SECONDS: '1', COMMAND_EXPIRY_SECONDS: '3' }
const first = await startServerOn(database)
const second = await startServerOn(database)
const impatient = await startServerOn(database, QUICK)
const { db } = first.services
const mortal = await serverProcessOn(database)
after(async () => {
  await mortal.kill('SIGKILL')
  await Promise.all([first, second, impatient].map(server => server.close()))
  await database.drop()
})
const { tenant_id: tenantId } = await db('core.tenants').first('tenant_id').where({ slug: 'acme' })
const START = { charge_power: 11, target_soc: 80 }
const never = () => new Promise(() => {})
const pendingOf = async (token: string) => {
  const body = { timestamp: new Date().toISOString(), status: 'online' }
  return (await first.call('POST', '/v1/device/heartbeat', { token, body })).body.data.commands
}
const startsOf = ({ asked }: { asked: { action: string }[] }) =>
  asked.filter(({ action }) => action === 'RemoteStartTransaction').length

describe('a command for a station that is away', () => {
  it('waits, and is sent once when it connects, to another process too', async () => {
    const station = await commandedStation(first, 'ocpp1.6')
    await station.disconnect()
    const waiting = await station.command('start', START)
    const other = await station.queue('set_power_limit', { power_limit: 5 })
    assert.equal((await station.becomes(waiting, 'queued')).delivered_at, null)
    await station.connect(second)
    await station.becomes(waiting, 'accepted')
    await station.becomes(other, 'completed')
    assert.deepEqual(
      station.asked.map(({ action }) => action),
      ['RemoteStartTransaction', 'SetChargingProfile'],
    )
    await station.disconnect()
    await station.connect(first)
    await station.becomes(await station.queue('set_power_limit', { power_limit: 6 }), 'completed')
    assert.equal(startsOf(station), 1)
  })

  it('is not sent any more when it has expired', async () => {
    const station = await commandedStation(first, 'ocpp1.6')
    await station.disconnect()
    const late = await station.queue('start_charging', START, 1)
    await station.becomes(late, 'expired')
    await station.connect(second)
    await station.becomes(await station.queue('set_power_limit', { power_limit: 6 }), 'completed')
    assert.equal(startsOf(station), 0)
  })

  it('to connect again is done when it has', async () => {
    const station = await commandedStation(first, 'ocpp1.6')
    await station.disconnect()
    const asked = await station.diagnose({ command: 'force_reconnect' })
    await station.connect(second)
    await station.becomes(asked, 'completed')
    await station.call('Heartbeat', {})
  })

  it('to connect again is not sent over a connection that is younger than it', async () => {
    const station = await commandedStation(first, 'ocpp1.6')
    const waiting = { command: 'force_reconnect', channel: 'ocpp', requested_by: 'test' }
    await db('core.commands').insert({
      ...waiting,
      tenant_id: tenantId,
      device_id: station.deviceId,
      created_at: db.raw(`now() - interval '1 minute'`),
      expires_at: db.raw(`now() + interval '1 minute'`),
    })
    const { processId } = first.services
    assert.equal(await claimNext(db, { identity: station.identity, processId }), undefined)
    // It is behind in the same queue, so that both have been looked at when this one is done.
    await station.becomes(await station.queue('set_power_limit', { power_limit: 6 }), 'completed')
    await station.call('Heartbeat', {})
  })
})

describe('a command for a station that another process holds', () => {
  it('reaches it, and only once', async () => {
    const station = await commandedStation(first, 'ocpp1.6')
    await station.disconnect()
    await station.connect(second)
    await Promise.all(
      Array.from({ length: 10 }, async () => station.becomes(await station.command('start', START), 'accepted')),
    )
    assert.equal(startsOf(station), 10)
  })
})

describe('a command that a station does not answer', () => {
  it('fails with TIMEOUT, and the next one is sent', async () => {
    const station = await commandedStation(impatient, 'ocpp1.6')
    station.answer('RemoteStartTransaction', never)
    const [hanging, next] = [
      await station.command('start', START),
      await station.queue('set_power_limit', { power_limit: 6 }),
    ]
    const failed = await station.becomes(hanging, 'failed')
    assert.deepEqual([failed.reason, failed.message], ['TIMEOUT', 'the charger did not answer in time'])
    await station.becomes(next, 'completed')
  })

  it('fails with OFFLINE when the connection is lost before', async () => {
    const station = await commandedStation(first, 'ocpp1.6')
    station.answer('RemoteStartTransaction', never)
    const hanging = await station.command('start', START)
    await lastAsked(station, 'RemoteStartTransaction')
    await station.disconnect()
    assert.equal((await station.becomes(hanging, 'failed')).reason, 'OFFLINE')
  })

  it('fails with TIMEOUT when it was accepted and never done', async () => {
    const station = await commandedStation(impatient, 'ocpp1.6')
    const asked = await station.command('start', START)
    await station.becomes(asked, 'accepted')
    const failed = await station.becomes(asked, 'failed', 12_000)
    assert.equal(failed.reason, 'TIMEOUT')
    assert.match(failed.message, /accepted/)
  })
})

describe('a command of a station whose data is not shared', () => {
  it('waits for the charger itself, as do those of chargers without OCPP', async () => {
    const station = await commandedStation(first, 'ocpp1.6')
    await db('ocpp.stations').where({ identity: station.identity }).update({ enrolled: false })
    const asked = await station.command('start', START)
    assert.equal((await db('core.commands').first('channel').where({ command_id: asked })).channel, 'device')
    assert.equal(startsOf(station), 0)
    const charger = await first.charger()
    const token = await first.operator('admin')
    const body = { device_id: charger.deviceId, command: 'reboot', params: {} }
    await first.call('POST', `/v1/devices/${charger.deviceId}/commands`, { token, body })
    assert.equal((await pendingOf(charger.token)).length, 1)
  })

  it('is not handed to a charger by its heartbeat or long-poll when it goes by OCPP', async () => {
    const charger = await first.charger()
    const identity = `OWN-${randomUUID()}`
    await db('ocpp.stations').insert({ identity, tenant_id: tenantId, device_id: charger.deviceId, enrolled: true })
    const token = await first.operator('admin')
    const asked = await first.call('POST', `/v1/devices/${charger.deviceId}/commands`, {
      token,
      body: { command: 'reboot' },
    })
    assert.equal(asked.status, 200)
    assert.deepEqual(await pendingOf(charger.token), [])
    const poll = await first.call('GET', '/v1/device/commands?wait=1', { token: charger.token })
    assert.equal(poll.body.data, null)
  })
})

describe('a call', () => {
  const call = (identity: string, action: string, payload: Record<string, unknown>, timeoutSeconds = 5) =>
    callStation(first.services, { tenantId, identity, action, payload, requestedBy: 'test', timeoutSeconds })

  it('is answered by the station of this process, and of another', async () => {
    for (const on of [first, second]) {
      const station = await commandedStation(first, 'ocpp1.6')
      await station.disconnect()
      await station.connect(on)
      assert.deepEqual(await call(station.identity, 'ClearCache', {}), {
        kind: 'result',
        payload: { status: 'Accepted' },
      })
      station.answer('ClearCache', () => {
        throw Object.assign(new Error('not now'), { rpcErrorCode: 'NotSupported', rpcErrorMessage: 'not now' })
      })
      const refused = await call(station.identity, 'ClearCache', {})
      assert.ok(refused.kind === 'error' && refused.code === 'NotSupported')
      const wrong = await call(station.identity, 'Reset', { type: 'Gentle' })
      assert.ok(wrong.kind === 'error' && wrong.code === 'PropertyConstraintViolation')
      station.answer('ClearCache', never)
      const before = performance.now()
      assert.deepEqual(await call(station.identity, 'ClearCache', {}, 1), { kind: 'timeout' })
      assert.ok(performance.now() - before < 2500)
    }
  })

  it('is not made to a station that is away, of another tenant, or unknown', async () => {
    const station = await commandedStation(first, 'ocpp1.6')
    const { tenant_id: other } = await db('core.tenants').first('tenant_id').where({ slug: 'borealis' })
    const foreign = { tenantId: other, action: 'ClearCache', payload: {}, requestedBy: 'test', timeoutSeconds: 5 }
    assert.equal((await callStation(first.services, { ...foreign, identity: station.identity })).kind, 'offline')
    await station.disconnect()
    const before = performance.now()
    assert.equal((await call(station.identity, 'ClearCache', {})).kind, 'offline')
    assert.equal((await call('nobody', 'ClearCache', {})).kind, 'offline')
    assert.ok(performance.now() - before < 1000)
    assert.equal(startsOf(station), 0)
  })

  it('leaves no credential behind', async () => {
    for (const on of [first, second]) {
      const station = await commandedStation(first, 'ocpp1.6')
      await station.disconnect()
      await station.connect(on)
      const payload = { key: 'AuthorizationKey', value: '0123456789abcdef' }
      assert.equal((await call(station.identity, 'ChangeConfiguration', payload)).kind, 'result')
      assert.deepEqual(await lastAsked(station, 'ChangeConfiguration'), payload)
      // The feed tells of a row a moment before other queries see it.
      const row = await eventually('the answered call', 2000, () =>
        db('ocpp.calls').first().where({ identity: station.identity, status: 'answered' }),
      )
      assert.deepEqual(row.payload, { key: 'AuthorizationKey', value: '***' })
    }
  })
})

describe('a command of which nobody could note the answer', () => {
  it('fails all the same', async () => {
    const station = await commandedStation(first, 'ocpp1.6')
    await station.disconnect()
    const asked = await station.command('start', START)
    const lost = {
      status: 'delivered',
      claimed_by: first.services.processId,
      delivered_at: db.raw(`now() - interval '11 s'`),
    }
    await db('core.commands').where({ command_id: asked }).update(lost)
    assert.equal((await station.becomes(asked, 'failed', 8000)).reason, 'INTERRUPTED')
  })
})

describe('a process that is killed', () => {
  it('leaves nothing in between: what it was at fails, and the rest goes on elsewhere', async () => {
    const station = await commandedStation(first, 'ocpp1.6')
    await station.disconnect()
    await station.connect({ ...first, url: mortal.url })
    station.answer('RemoteStartTransaction', never)
    const hanging = await station.command('start', START)
    const next = await station.queue('set_power_limit', { power_limit: 6 })
    await lastAsked(station, 'RemoteStartTransaction')
    const call = { tenantId, identity: station.identity, action: 'ClearCache', payload: {}, requestedBy: 'test' }
    const called = callStation(first.services, { ...call, timeoutSeconds: 30 })
    await eventually('the call', 3000, () =>
      db('ocpp.calls').first().where({ identity: station.identity, status: 'sent' }),
    )
    await mortal.kill('SIGKILL')
    const failed = await station.becomes(hanging, 'failed', 30_000)
    assert.equal(failed.reason, 'INTERRUPTED')
    assert.deepEqual(await called, { kind: 'timeout' })
    await station.connect(second)
    await station.becomes(next, 'completed')
    assert.equal(startsOf(station), 1)
  })
})
