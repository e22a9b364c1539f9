import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { commandedStation, lastAsked } from '../support/commandedStation.ts'
import { connectRaw } from '../support/rawStation.ts'
import { openTestDatabase, startServerOn } from '../support/testServer.ts'
import { openBoard } from './board.ts'

/** Calls of a board's user to stations, of this process and of another. */

const database = await openTestDatabase()
const server = await startServerOn(database)
const second = await startServerOn(database)
after(async () => {
  await Promise.all([server.close(), second.close()])
  await database.drop()
})
const { send, tenantId } = await openBoard(server)
const { db } = server.services
const { password } = server.credentials.ocpp
const here = await commandedStation(server, 'ocpp1.6')
const there = await commandedStation(server, 'ocpp2.0.1')
await there.disconnect()
await there.connect(second)
const call = (identity: string, body: object, who: 'demo' | 'other' = 'demo') =>
  send('POST', `/connections/${identity}/commands`, who, body)

describe('POST /connections/{identity}/commands', () => {
  it('200 with what the station says, on whichever process it is', async () => {
    for (const [station, type] of [
      [here, 'Soft'],
      [there, 'OnIdle'],
    ] as const) {
      const answer = await call(station.identity, { action: 'Reset', payload: { type } })
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      const { responseTime, ...said } = answer.body
      assert.deepEqual(said, { status: 'result', payload: { status: 'Accepted' } })
      assert.ok(responseTime > 0)
      assert.deepEqual(await lastAsked(station, 'Reset'), { type })
    }
  })

  it('200 from the station of the path, whatever else the body names', async () => {
    const { status } = await call(here.identity, {
      action: 'Reset',
      payload: { type: 'Hard' },
      identity: there.identity,
    })
    assert.equal(status, 200)
    assert.deepEqual(await lastAsked(here, 'Reset'), { type: 'Hard' })
  })

  it('200 with the error that the station answers', async () => {
    for (const station of [here, there]) {
      station.answer('ClearCache', () => {
        throw Object.assign(new Error('no cache'), { rpcErrorCode: 'NotSupported', rpcErrorMessage: 'no cache' })
      })
      const { status, body } = await call(station.identity, { action: 'ClearCache' })
      assert.deepEqual([status, body.status, body.errorCode], [200, 'error', 'NotSupported'])
    }
  })

  it('200 with an error at once for an answer that cannot be read', async () => {
    const station = await connectRaw(server.url, { identity: 'BROKEN-1', password })
    for (const rest of ['', ',null', ',[]', `,{"status":"Accepted","data":${'['.repeat(5000)}${']'.repeat(5000)}}`]) {
      const asked = call('BROKEN-1', { action: 'ClearCache', timeoutSeconds: 20 })
      const [, id] = await station.next()
      station.sendText(`[3,"${id}"${rest}]`)
      const { status, body } = await asked
      assert.deepEqual([status, body.status, body.errorCode], [200, 'error', 'FormatViolation'], rest.slice(0, 40))
    }
    await station.close()
  })

  it('200 with an answer that no database would take as it is, here and on another process', async () => {
    for (const at of [server, second]) {
      const station = await connectRaw(at.url, { identity: 'ODD-1', password, protocols: ['ocpp2.0.1'] })
      const asks = async (answer: (id: unknown) => string) => {
        const asked = call('ODD-1', { action: 'DataTransfer', payload: { vendorId: 'V' }, timeoutSeconds: 20 })
        const [, id] = await station.next()
        station.sendText(answer(id))
        const { status, body } = await asked
        assert.equal(status, 200, JSON.stringify(body))
        return body
      }
      const odd = await asks(id => `[3,"${id}",{"status":"Accepted","data":{"\\u0000a":1,"\\ud83d":"b\\u0000"}}]`)
      assert.deepEqual(odd.payload, { status: 'Accepted', data: { a: 1, '\ufffd': 'b' } })
      const long = await asks(id => JSON.stringify([4, id, 'C'.repeat(5000), 'd'.repeat(5000), {}]))
      assert.deepEqual([long.errorCode, long.errorDescription], ['C'.repeat(255), 'd'.repeat(1000)])
      const told = await asks(id => JSON.stringify([4, id, 'GenericError', '{"basicAuthPassword":"hunter2"}', {}]))
      assert.equal(told.errorDescription, '{"basicAuthPassword":"***"}')
      await station.close()
    }
    const kept = await db('ocpp.calls').select('status', 'error_description').where({ identity: 'ODD-1' })
    assert.deepEqual(kept.map(({ status }) => status).sort(), ['answered', 'answered', ...Array(4).fill('refused')])
    assert.doesNotMatch(JSON.stringify(kept), /hunter2/)
  })

  it('400 with the complaint of the schema of its version, and nothing is sent', async () => {
    const before = here.asked.length
    const wrong = await call(here.identity, { action: 'Reset', payload: { type: 'OnIdle' } })
    assert.equal(wrong.status, 400)
    assert.match(wrong.body.error, /type/)
    const unknown = await call(here.identity, { action: 'RequestStartTransaction', payload: {} })
    assert.deepEqual([unknown.status, unknown.body], [400, { error: 'ocpp1.6 has no action RequestStartTransaction' }])
    for (const body of [
      {},
      { action: '$disconnect' },
      { action: 'Reset', payload: [] },
      { action: 'Reset', timeoutSeconds: 0 },
    ])
      assert.equal((await call(here.identity, body)).status, 400, JSON.stringify(body))
    assert.equal(here.asked.length, before)
  })

  it('404 for a station of another tenant, or of none; 409 for one that is not connected', async () => {
    const body = { action: 'ClearCache' }
    for (const [identity, who] of [
      [here.identity, 'other'],
      ['nobody', 'demo'],
    ] as const) {
      const { status, body: said } = await call(identity, body, who)
      assert.deepEqual([status, said], [404, { error: 'Connection not found' }])
    }
    const away = await commandedStation(server, 'ocpp1.6')
    await away.disconnect()
    const { status, body: said } = await call(away.identity, body)
    assert.deepEqual([status, said], [409, { error: 'The station is not connected' }])
  })

  it('503 when it does not answer in time', async () => {
    for (const station of [here, there]) {
      station.answer('ClearCache', () => new Promise(() => {}))
      const from = performance.now()
      const { status, body, headers } = await call(station.identity, { action: 'ClearCache', timeoutSeconds: 1 })
      assert.deepEqual([status, body], [503, { error: 'The station did not answer in time' }])
      assert.equal(headers.get('retry-after'), '1')
      assert.ok(performance.now() - from < 3000)
    }
  })

  it('stands in the audit log, without credentials; so does nothing that was refused', async () => {
    const station = await commandedStation(server, 'ocpp1.6')
    const payload = { key: 'AuthorizationKey', value: '0123456789abcdef' }
    assert.equal((await call(station.identity, { action: 'ChangeConfiguration', payload })).status, 200)
    assert.equal((await call(station.identity, { action: 'ChangeConfiguration', payload: {} })).status, 400)
    const rows = await db('ops.audit_logs')
      .select('tenant_id', 'actor', 'action', 'details')
      .whereRaw(`details->>'identity' = ?`, [station.identity])
    assert.deepEqual(rows, [
      {
        tenant_id: tenantId,
        actor: 'board:admin',
        action: 'callStation',
        details: {
          identity: station.identity,
          action: 'ChangeConfiguration',
          payload: { key: 'AuthorizationKey', value: '***' },
        },
      },
    ])
  })

  it('stands in the log of requests without credentials', async () => {
    const station = await commandedStation(server, 'ocpp1.6')
    const payload = { key: 'AuthorizationKey', value: 'fedcba9876543210' }
    assert.equal((await call(station.identity, { action: 'ChangeConfiguration', payload })).status, 200)
    const { body } = await server.call('GET', '/v1/debug/requests', { token: await server.operator('admin') })
    const { request_body } = body.data.items.find((item: { path: string }) => item.path.endsWith('/commands'))
    assert.deepEqual(request_body, {
      action: 'ChangeConfiguration',
      payload: { key: 'AuthorizationKey', value: '***' },
    })
  })
})
