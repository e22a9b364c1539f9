import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { inSeconds } from '../../support/bodies.ts'
import { startTestServer, type TestCharger } from '../../support/testServer.ts'

const server = await startTestServer()
const console = await server.operator()
const { db } = server.services

const poll = async ({ token }: TestCharger, query = 'wait=0', signal?: AbortSignal) => {
  const { status, body } = await server.call('GET', `/v1/device/commands?${query}`, { token, signal })
  assert.equal(status, 200)
  return body.data
}
const queue = async ({ deviceId }: TestCharger, connector = 1): Promise<string> => {
  const options = { token: console, body: { charge_power: 180, target_soc: 80 } }
  const { body } = await server.call('POST', `/v1/devices/${deviceId}/connectors/${connector}/start`, options)
  return body.data.command_id
}
const report = ({ token }: TestCharger, command_id: string, status: string) =>
  server.call('POST', '/v1/device/command-status', { token, body: { command_id, status, timestamp: inSeconds(0) } })
const beat = async ({ token }: TestCharger) => {
  const body = { timestamp: inSeconds(0), status: 'online' }
  return (await server.call('POST', '/v1/device/heartbeat', { token, body })).body.data.commands[0]?.command_id
}
const offers = (command_id: string) => db('core.commands').where({ command_id })
const seconds = async (work: Promise<unknown>) => {
  const from = performance.now()
  await work
  return (performance.now() - from) / 1000
}

// Each test has chargers of its own, so those that wait may wait together.
describe('fetchCommand', { concurrency: true }, () => {
  it('200 with the command that waits, at once', async () => {
    const charger = await server.charger()
    const id = await queue(charger, 2)
    const command = await poll(charger, 'wait=60')
    assert.deepEqual(
      { ...command, expiry: '' },
      {
        command_id: id,
        command: 'start_charging',
        connector_id: 2,
        params: { connector_id: 2, charge_power: 180, target_soc: 80 },
        expiry: '',
      },
    )
    assert.equal(command.expiry, new Date(command.expiry).toISOString())
  })
  it('wakes within a second when a command is queued', async () => {
    const charger = await server.charger()
    const waiting = poll(charger, 'wait=30')
    await delay(50)
    const id = await queue(charger)
    assert.ok((await seconds(waiting)) < 1)
    assert.equal((await waiting).command_id, id)
  })
  it('200 with null when nothing came in time', async () => {
    const charger = await server.charger()
    const waited = await seconds(
      server.call('GET', '/v1/device/commands?wait=1', { token: charger.token }).then(({ body }) => {
        assert.deepEqual(body, { code: 0, message: 'success', data: null })
      }),
    )
    assert.ok(waited > 0.95 && waited < 2, `waited ${waited} s`)
  })
  it('400 for a wait beyond a minute and for what is no number', async () => {
    const { token } = await server.charger()
    for (const query of ['wait=61', 'wait=-1', 'wait=soon', 'connector_id=0', 'connector_id=x']) {
      assert.equal((await server.call('GET', `/v1/device/commands?${query}`, { token })).status, 400, query)
    }
  })
  it('gives commands of the asked connector and of the whole charger only', async () => {
    const charger = await server.charger()
    const token = await server.operator('admin')
    const first = await queue(charger, 1)
    const second = await queue(charger, 2)
    const body = { device_id: charger.deviceId, command: 'firmware_upgrade', params: { firmware_version: '2.0.0' } }
    const whole = (await server.call('POST', '/admin/queue-command', { token, body })).body.data.command_id
    assert.equal((await poll(charger, 'wait=0&connector_id=2')).command_id, second)
    assert.equal((await poll(charger, 'wait=0&connector_id=2')).command_id, whole)
    assert.equal(await poll(charger, 'wait=0&connector_id=2'), null)
    assert.equal((await poll(charger)).command_id, first)
  })
  it('is not woken by a command for another connector or another charger', async () => {
    const charger = await server.charger()
    const other = await server.charger()
    const waiting = poll(charger, 'wait=1&connector_id=2')
    await Promise.all([queue(charger, 1), queue(other, 2)])
    assert.equal(await waiting, null)
  })
  it('gives commands first in, first out', async () => {
    const charger = await server.charger()
    const ids: string[] = []
    for (const connector of [2, 1, 1, 2]) ids.push(await queue(charger, connector))
    const got = []
    for (const _ of ids) got.push((await poll(charger)).command_id)
    assert.deepEqual(got, ids)
    assert.equal(await poll(charger), null)
  })
  it('offers a command again only 30 s later, and the next in line meanwhile', async () => {
    const charger = await server.charger()
    const [first, second] = [await queue(charger), await queue(charger)]
    assert.equal((await poll(charger)).command_id, first)
    assert.equal((await poll(charger)).command_id, second)
    assert.equal(await poll(charger), null)
    await offers(first).update({ offered_at: inSeconds(-29) })
    assert.equal(await poll(charger), null)
    await offers(first).update({ offered_at: inSeconds(-30) })
    assert.equal((await poll(charger)).command_id, first)
    assert.equal(await poll(charger), null)
  })
  it('wakes by itself when the 30 s are over', async () => {
    const charger = await server.charger()
    const id = await queue(charger)
    await poll(charger)
    await offers(id).update({ offered_at: inSeconds(-29.5) })
    const waiting = poll(charger, 'wait=5')
    assert.ok((await seconds(waiting)) < 1.5)
    assert.equal((await waiting).command_id, id)
  })
  it('offers no more what was accepted, finished or has expired', async () => {
    const charger = await server.charger()
    for (const status of ['accepted', 'rejected', 'completed', 'failed']) {
      const id = await queue(charger)
      assert.equal((await report(charger, id, status)).status, 200)
      assert.equal(await poll(charger), null, status)
    }
    await offers(await queue(charger)).update({ expires_at: inSeconds(-1) })
    assert.equal(await poll(charger), null)
  })
  it('gives two polls at the same time different commands, and one command to one of them', async () => {
    const charger = await server.charger()
    const ids = [await queue(charger), await queue(charger)]
    const got = await Promise.all([poll(charger), poll(charger)])
    assert.deepEqual(got.map(({ command_id }) => command_id).sort(), ids.sort())
    const waiting = [poll(charger, 'wait=1'), poll(charger, 'wait=1')]
    const id = await queue(charger)
    const answers = await Promise.all(waiting)
    assert.deepEqual(answers.map(command => command?.command_id).filter(Boolean), [id])
  })
  it('loses nothing to a poll that hung up before the command came', async () => {
    const charger = await server.charger()
    for (let round = 0; round < 5; round++) {
      const hangUp = new AbortController()
      const aborted = poll(charger, 'wait=30', hangUp.signal).catch(error => error.name)
      await delay(30)
      hangUp.abort()
      assert.equal(await aborted, 'AbortError')
      const id = await queue(charger)
      assert.equal((await poll(charger, 'wait=2')).command_id, id)
    }
  })
  it('loses nothing to a poll that hangs up in the moment in which the command comes', async () => {
    const charger = await server.charger()
    for (let round = 0; round < 10; round++) {
      const hangUp = new AbortController()
      const aborted = poll(charger, 'wait=30', hangUp.signal).catch(() => undefined)
      await delay(20)
      const queued = queue(charger)
      setTimeout(() => hangUp.abort(), round)
      const id = await queued
      // An answer that left before the server could know is offered again later; heartbeats have it meanwhile.
      const got = (await aborted)?.command_id ?? (await poll(charger))?.command_id ?? (await beat(charger))
      assert.equal(got, id)
      await report(charger, id, 'completed')
    }
  })
  it('does not count a HEAD as a delivery', async () => {
    const charger = await server.charger()
    const id = await queue(charger)
    const { status } = await server.call('HEAD', '/v1/device/commands?wait=0', { token: charger.token })
    assert.equal(status, 200)
    assert.equal((await poll(charger, 'wait=2')).command_id, id)
  })
})

describe('fetchCommand, asked by a charger that hangs up', () => {
  it('gives the next poll at once what could not be answered to one that had hung up', async () => {
    const charger = await server.charger()
    const id = await queue(charger)
    const hangUp = new AbortController()
    await db.transaction(async transaction => {
      // Holds the poll up between its asking and its getting the command.
      await transaction.raw('lock table core.commands in exclusive mode')
      const aborted = poll(charger, 'wait=0', hangUp.signal).catch(error => error.name)
      const held = `not granted and relation = 'core.commands'::regclass`
      const waits = () => transaction('pg_locks').whereRaw(held)
      while ((await waits()).length === 0) await delay(5)
      hangUp.abort()
      assert.equal(await aborted, 'AbortError')
      await delay(50)
    })
    assert.equal((await poll(charger, 'wait=2')).command_id, id)
  })
})
