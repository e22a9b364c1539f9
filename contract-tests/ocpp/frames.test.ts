import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { eventually } from '../processes/workplace.ts'
import { closeStations, connectRaw, type RawOptions } from '../support/rawStation.ts'
import { startTestServer } from '../support/testServer.ts'

const server = await startTestServer({ OCPP_MAX_PENDING_CALLS: '20' })
const { db } = server.services
const { password } = server.credentials.ocpp
const connect = (identity: string, protocols?: string[], options: Partial<RawOptions> = {}) =>
  connectRaw(server.url, { identity, password, ...(protocols === undefined ? {} : { protocols }), ...options })
const BOOT = { reason: 'PowerUp', chargingStation: { vendorName: 'V', model: 'M' } }
const BOOT_16 = { chargePointVendor: 'V', chargePointModel: 'M' }
const messagesOf = (identity: string) => db('ocpp.messages').where({ identity }).orderBy('message_id')
const hasEvent = (identity: string, category: string) =>
  eventually(`the event ${category}`, 5000, () => db('ocpp.security_events').first().where({ identity, category }))
after(closeStations)

describe('calls', () => {
  it('of every version are answered', async () => {
    for (const [protocol, boot] of [
      ['ocpp1.6', BOOT_16],
      ['ocpp2.0.1', BOOT],
      ['ocpp2.1', BOOT],
    ] as const) {
      const station = await connect(`CALL-${protocol}`, [protocol])
      const [type, id, answer] = await station.call('BootNotification', boot)
      assert.deepEqual([type, id, (answer as { status: string }).status], [3, 'call-1', 'Accepted'])
      assert.equal((await station.call('Heartbeat'))[0], 3)
      await station.close()
    }
  })

  it('that are pipelined are answered in order', async () => {
    const station = await connect('PIPE-1')
    const ids = Array.from({ length: 20 }, (_, index) => `p${index}`)
    for (const [index, id] of ids.entries()) station.send([2, id, 'Heartbeat', index % 5 === 4 ? { unknown: 1 } : {}])
    const answers = await Promise.all(ids.map(() => station.next()))
    assert.deepEqual(
      answers.map(([, id]) => id),
      ids,
    )
    assert.equal(answers.filter(([type]) => type === 4).length, 4)
    await station.close()
  })

  it('that are too many at a time end the connection, and are an event', async () => {
    const station = await connect('FLOOD-1')
    for (let index = 0; index < 200; index++) station.send([2, `f${index}`, 'BootNotification', BOOT_16])
    assert.equal((await station.closed).code, 1008)
    await hasEvent('FLOOD-1', 'FLOOD')
  })

  it('of a 2.x station that was never accepted get a SecurityError, those of 1.6 an answer', async () => {
    const station = await connect('UNBOOTED-1', ['ocpp2.0.1'])
    assert.equal((await station.call('Heartbeat'))[2], 'SecurityError')
    await station.call('BootNotification', BOOT)
    assert.equal((await station.call('Heartbeat'))[0], 3)
    await station.close()
    const again = await connect('UNBOOTED-1', ['ocpp2.0.1'])
    assert.equal((await again.call('Heartbeat'))[0], 3, 'a registration outlives the connection')
    await again.close()
    const old = await connect('UNBOOTED-2')
    assert.equal((await old.call('Heartbeat'))[0], 3)
    await old.close()
  })

  it('of actions that nobody knows, or that are ours to send, are refused as each version says', async () => {
    const station = await connect('ACTIONS-1')
    assert.equal((await station.call('MakeCoffee'))[2], 'NotImplemented')
    assert.equal((await station.call('Reset', { type: 'Soft' }))[2], 'NotSupported')
    assert.equal(
      (await station.call('BootNotification', { chargePointVendor: 'V' }))[2],
      'OccurenceConstraintViolation',
    )
    assert.equal((await station.call('Heartbeat', { a: 1 }))[2], 'FormationViolation')
    await station.close()
    const newer = await connect('ACTIONS-2', ['ocpp2.0.1'])
    assert.equal((await newer.call('BootNotification', { reason: 'PowerUp' }))[2], 'OccurrenceConstraintViolation')
    assert.equal((await newer.call('BootNotification', { ...BOOT, a: 1 }))[2], 'FormatViolation')
    await newer.close()
  })

  it('that break their schema are answered and flagged where the station is taken as it is', async () => {
    const station = await connect('TOLERANT-1')
    await db('ocpp.stations').where({ identity: 'TOLERANT-1' }).update({ validation: 'tolerant' })
    await eventually('the mode', 5000, async () => (await station.call('Heartbeat', { extra: 1 }))[0] === 3)
    await station.close()
    const flagged = await eventually('the flagged message', 5000, () =>
      db('ocpp.messages').first().where({ identity: 'TOLERANT-1', type: 'CALL' }).whereNotNull('violation'),
    )
    assert.match(flagged.violation, /extra/)
  })

  it('named SEND in 2.1 are handled and never answered', async () => {
    const station = await connect('SEND-1', ['ocpp2.1'])
    await station.call('BootNotification', BOOT)
    const stream = { id: 1, pending: 0, basetime: '2026-01-01T00:00:00Z', data: [{ t: 0, v: '1' }] }
    station.send([6, 's-1', 'NotifyPeriodicEventStream', stream])
    assert.equal((await station.call('Heartbeat', {}, 'after'))[1], 'after')
    assert.equal(station.unread, 0)
    await station.close()
    const sent = await eventually('the SEND', 5000, () =>
      db('ocpp.messages').first().where({ identity: 'SEND-1', type: 'SEND' }),
    )
    assert.equal(sent.method, 'NotifyPeriodicEventStream')
  })
})

describe('frames that cannot be read', () => {
  it('are kept and answered as the version says, and the connection goes on', async () => {
    const old = await connect('BROKEN-1')
    const text = `{"idTag":"DEADBEEF1234", ${'x'.repeat(3000)}`
    old.sendText(text)
    assert.equal((await old.call('Heartbeat', {}, 'after'))[1], 'after')
    await old.close()
    const newer = await connect('BROKEN-2', ['ocpp2.0.1'])
    newer.sendText('nonsense')
    assert.deepEqual((await newer.next()).slice(0, 3), [4, '-1', 'RpcFrameworkError'])
    newer.send([9, 'x', {}])
    assert.deepEqual((await newer.next()).slice(0, 3), [4, 'x', 'MessageTypeNotSupported'])
    await newer.close()
    await hasEvent('BROKEN-1', 'MALFORMED_FRAME')
    await hasEvent('BROKEN-2', 'PROTOCOL_VIOLATION')
    const kept = await eventually('the log', 5000, () =>
      db('ocpp.messages').first().where({ identity: 'BROKEN-1', type: 'INVALID' }),
    )
    assert.equal(Buffer.byteLength(kept.raw), 1024)
    assert.ok(kept.raw.startsWith('{"idTag":"***1234"'))
    assert.deepEqual([kept.method, kept.payload], ['Unknown', null])
  })

  it('because they are too long end the connection with 1009', async () => {
    const station = await connect('LONG-1')
    const vendor = { vendorId: 'V', data: 'x'.repeat(70_000) }
    station.send([2, 'long', 'DataTransfer', vendor])
    assert.equal((await station.closed).code, 1009)
    await hasEvent('LONG-1', 'MALFORMED_FRAME')
    const ended = await eventually('the end', 5000, () =>
      db('ocpp.connections').first().where({ identity: 'LONG-1' }).whereNotNull('disconnected_at'),
    )
    assert.equal(ended.close_code, 1009)
    const other = await connect('LONG-2')
    const text = JSON.stringify([2, 'fits', 'DataTransfer', { vendorId: 'V', data: '' }])
    const room = 65_536 - text.length
    other.send([2, 'fits', 'DataTransfer', { vendorId: 'V', data: 'x'.repeat(room) }])
    assert.equal((await other.next())[1], 'fits')
    await other.close()
  })

  it('because they are binary end the connection with 1003', async () => {
    const station = await connect('BINARY-1')
    station.socket.send(Buffer.from('[2,"a","Heartbeat",{}]'))
    assert.equal((await station.closed).code, 1003)
  })
})

describe('calls to a station', () => {
  const { stations } = server.services

  it('are sent one after the other, and bring its answer', async () => {
    const station = await connect('OUT-1')
    const first = stations.call('OUT-1', 'Reset', { type: 'Soft' })
    const second = stations.call('OUT-1', 'ClearCache', {})
    const [type, id, action, payload] = await station.next()
    assert.deepEqual([type, action, payload], [2, 'Reset', { type: 'Soft' }])
    assert.ok(String(id).length <= 36)
    assert.equal((await station.call('Heartbeat', {}, 'between'))[1], 'between')
    assert.equal(station.unread, 0)
    station.send([3, id, { status: 'Accepted' }])
    assert.deepEqual(await first, { kind: 'result', payload: { status: 'Accepted' } })
    const [, other, action2] = await station.next()
    assert.equal(action2, 'ClearCache')
    station.send([4, other, 'NotSupported', 'no cache', {}])
    assert.deepEqual(await second, { kind: 'error', code: 'NotSupported', description: 'no cache', details: {} })
    await station.close()
  })

  it('are checked before they are sent', async () => {
    const station = await connect('OUT-2')
    await db('ocpp.stations').where({ identity: 'OUT-2' }).update({ validation: 'off' })
    await assert.rejects(stations.call('OUT-2', 'Reset', { type: 'Gentle' }), { code: 'PropertyConstraintViolation' })
    await assert.rejects(stations.call('OUT-2', 'RequestStartTransaction', {}), { code: 'NotImplemented' })
    assert.equal((await station.call('Heartbeat'))[0], 3)
    await station.close()
  })

  it('come to nothing when it is away, goes away, or nobody waits', async () => {
    assert.deepEqual(await stations.call('nobody', 'Reset', { type: 'Soft' }), { kind: 'offline', unsent: true })
    const station = await connect('OUT-3')
    const waiting = stations.call('OUT-3', 'Reset', { type: 'Soft' })
    const given = new AbortController()
    const impatient = stations.call('OUT-3', 'ClearCache', {}, given.signal)
    await station.next()
    given.abort()
    assert.deepEqual(await impatient, { kind: 'timeout' })
    station.socket.terminate()
    assert.deepEqual(await waiting, { kind: 'offline' })
  })
})

describe('the message log', () => {
  it('has both sides of each call, with its action, its time and nothing that is secret', async () => {
    const identity = 'LOG-1'
    const station = await connect(identity)
    await station.call('BootNotification', BOOT_16)
    await station.call('Authorize', { idTag: 'DEADBEEF1234' })
    const call = server.services.stations.call(identity, 'ChangeConfiguration', {
      key: 'AuthorizationKey',
      value: '0102030405060708090a0b0c0d0e0f10',
    })
    const [, id] = await station.next()
    station.send([3, id, { status: 'Accepted' }])
    await call
    station.send([3, 'who', {}])
    await station.close()
    const all = await eventually('the messages', 5000, async () => {
      const found = await messagesOf(identity)
      return found.length >= 9 ? found : undefined
    })
    const rows = all.filter(({ method }) => method !== 'GetConfiguration')
    assert.deepEqual(
      rows.map(({ direction, type, method }) => `${direction} ${type} ${method}`),
      [
        'IN CALL BootNotification',
        'OUT CALLRESULT BootNotification',
        'IN CALL Authorize',
        'OUT CALLRESULT Authorize',
        'OUT CALL ChangeConfiguration',
        'IN CALLRESULT ChangeConfiguration',
        'IN CALLRESULT Unknown',
      ],
    )
    assert.deepEqual(rows[2].payload, { idTag: '***1234' })
    assert.deepEqual(rows[4].payload, { key: 'AuthorizationKey', value: '***' })
    assert.ok(rows[1].response_ms > 0 && rows[5].response_ms > 0)
    assert.match(rows[6].violation, /no call/)
    const state = await db('ocpp.connection_states').first().where({ identity })
    assert.equal(Number(state.message_count), 9)
    assert.ok(state.last_message_at instanceof Date)
  })

  it('takes what Postgres would not', async () => {
    const identity = 'NUL-1'
    const station = await connect(identity)
    await station.call('DataTransfer', { vendorId: 'a\u0000b', data: '\ud800' }, 'nul\u0000id')
    station.send([2, 'long', 'x'.repeat(5000), {}])
    await station.next()
    station.sendText('\u0000')
    await station.close()
    const rows = await eventually('the messages', 5000, async () => {
      const found = await messagesOf(identity)
      return found.length >= 5 ? found : undefined
    })
    assert.equal(rows[0].unique_id, 'nul\ufffdid')
    assert.equal(rows.filter(({ method }) => method.length === 255).length, 2)
  })

  it('adds up', async () => {
    const identity = 'SUM-1'
    const before = await totals()
    const station = await connect(identity)
    for (let index = 0; index < 50; index++) await station.call('Heartbeat', index % 10 === 0 ? { bad: 1 } : {})
    await station.close()
    await eventually('all messages', 5000, async () => (await messagesOf(identity)).length === 100)
    const state = await db('ocpp.connection_states').first().where({ identity })
    assert.deepEqual([Number(state.message_count), Number(state.error_count)], [100, 5])
    const after = await totals()
    assert.deepEqual([after.messages - before.messages, after.errors - before.errors], [100, 5])
  })

  const totals = async () => {
    const [row] = await db('ocpp.totals').sum({ messages: 'messages', errors: 'errors' })
    return { messages: Number(row!.messages), errors: Number(row!.errors) }
  }
})
