import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { RPCClient } from 'ocpp-rpc'
import type { RPC_ClientOptions } from 'ocpp-rpc/lib/client.js'
import { eventually } from '../processes/workplace.ts'
import { startTestServer } from '../support/testServer.ts'

const server = await startTestServer()
const { db, stations } = server.services
const { identity: demo, password } = server.credentials.ocpp

// biome-ignore lint/suspicious/noExplicitAny: what is wrong about an answer shows in the assertions.
type Answer = any

/** A client that nobody here wrote, which checks our answers against schemas of its own. */
const connect = async (identity: string, protocol: string) => {
  const options: Partial<RPC_ClientOptions> = {
    endpoint: `${server.url.replace('http', 'ws')}/ocpp`,
    identity,
    password,
    protocols: [protocol],
    // It has no schemas of 2.1 under names that it finds.
    strictMode: protocol !== 'ocpp2.1',
    reconnect: false,
  }
  // Its types ask for what its code has defaults for.
  const client = new RPCClient(options as RPC_ClientOptions)
  await client.connect()
  after(() => client.close({ force: true }))
  return client
}

describe('a client of others', () => {
  it('boots, beats and is reset with 1.6', async () => {
    const client = await connect('RPC-16', 'ocpp1.6')
    client.handle('Reset', async ({ params }) => ({ status: params?.type === 'Soft' ? 'Accepted' : 'Rejected' }))
    const boot: Answer = await client.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' })
    assert.equal(boot.status, 'Accepted')
    const beat: Answer = await client.call('Heartbeat', {})
    assert.ok(Math.abs(Date.parse(beat.currentTime) - Date.now()) < 5000)
    assert.deepEqual(await stations.call('RPC-16', 'Reset', { type: 'Soft' }), {
      kind: 'result',
      payload: { status: 'Accepted' },
    })
    const refused = await stations.call('RPC-16', 'ClearCache', {})
    assert.ok(refused.kind === 'error' && refused.code === 'NotImplemented')
  })

  for (const protocol of ['ocpp2.0.1', 'ocpp2.1'])
    it(`boots, beats and is reset with ${protocol}`, async () => {
      const identity = `RPC-${protocol}`
      const client = await connect(identity, protocol)
      client.handle('Reset', async () => ({ status: 'Accepted' }))
      await assert.rejects(client.call('Heartbeat', {}), { rpcErrorCode: 'SecurityError' })
      const boot: Answer = await client.call('BootNotification', {
        reason: 'PowerUp',
        chargingStation: { vendorName: 'V', model: 'M', serialNumber: 'S-1' },
      })
      assert.equal(boot.status, 'Accepted')
      await client.call('Heartbeat', {})
      const outcome = await stations.call(identity, 'Reset', { type: 'Immediate' })
      assert.deepEqual(outcome, { kind: 'result', payload: { status: 'Accepted' } })
    })
})

describe('the device of a station', () => {
  it('shows its version, its messages per minute and its last one', async () => {
    const client = await connect(demo, 'ocpp1.6')
    for (let index = 0; index < 10; index++) await client.call('Heartbeat', {})
    const { device_id } = await db('ocpp.stations').first('device_id').where({ identity: demo })
    const token = await server.operator('demo')
    const device = await eventually('the numbers', 8000, async () => {
      const { body } = await server.call('GET', `/v1/devices/${device_id}`, { token })
      return body.data.ocpp_csms_messages_per_minute > 0 ? body.data : undefined
    })
    assert.equal(device.ocpp_version, '1.6-J')
    assert.ok(device.ocpp_csms_messages_per_minute >= 4)
    assert.ok(Date.now() - Date.parse(device.ocpp_csms_last_message_at) < 20_000)
  })
})
