import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, it } from 'node:test'
import { connect } from '../../src/postgres/connect.ts'
import * as chargingDecisions from '../../src/store/chargingDecisions.ts'
import * as ocppConnections from '../../src/store/ocppConnections.ts'
import * as proxyQueue from '../../src/store/proxyQueue.ts'
import { startTestServer } from '../support/testServer.ts'

/** As the housekeeping does it, with the rights of the server. */

const server = await startTestServer()
const { db } = server.services
const owner = connect(server.databaseUrl, error => {
  throw error
})
after(() => owner.close())

const DAY = 86_400_000
const ago = (days: number) => new Date(Date.now() - days * DAY)
const identity = `CP-${randomUUID()}`
const { tenant_id } = await db('core.tenants').first('tenant_id').where({ slug: 'acme' })
const left = (table: string) =>
  db(table)
    .where({ identity })
    .count({ rows: '*' })
    .first()
    .then(found => Number(found?.rows))

it('past connections go after their days, open ones stay', async () => {
  for (const disconnected_at of [ago(31), ago(29), null])
    await db('ocpp.connections').insert({
      connection_id: randomUUID(),
      tenant_id,
      identity,
      process_id: randomUUID(),
      remote_address: '192.0.2.1',
      protocol: 'ocpp1.6',
      security_profile: 1,
      connected_at: ago(40),
      disconnected_at,
    })
  await ocppConnections.removeOld(db, 30)
  assert.equal(await left('ocpp.connections'), 2)
})

it('decisions of smart charging go after their days, those in force stay', async () => {
  for (const [status, days] of [
    ['ended', 31],
    ['rejected', 31],
    ['active', 31],
    ['ended', 29],
  ] as const)
    await owner.db('ocpp.charging_decisions').insert({
      tenant_id,
      site_id: 'nowhere',
      identity,
      connector_id: 1,
      transaction_key: 1,
      strategy: 'equal_share',
      allocated_kw: 1,
      status,
      started_at: ago(days),
      updated_at: ago(days),
    })
  await chargingDecisions.removeOld(db, 30)
  assert.equal(await left('ocpp.charging_decisions'), 2)
})

it('what no upstream takes is given up after its days', async () => {
  for (const days of [31, 29]) {
    const message = { action: 'StopTransaction', payload: {}, answer: {}, receivedAt: ago(days) }
    await proxyQueue.enqueue(db, tenant_id, identity, message)
  }
  for (const ended_at of [ago(31), ago(29), null])
    await db('ocpp.proxy_transactions').insert({
      identity,
      station_transaction_id: randomUUID(),
      upstream_transaction_id: randomUUID(),
      evse_id: 1,
      ended_at,
    })
  await proxyQueue.removeOld(db, 30)
  assert.deepEqual([await left('ocpp.proxy_queue'), await left('ocpp.proxy_transactions')], [1, 2])
})
