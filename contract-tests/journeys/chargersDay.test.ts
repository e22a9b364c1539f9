import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { events } from '../../generated/tellus/validators.js'
import { openStream } from '../support/streamClient.ts'
import { type Answer, startTestServer } from '../support/testServer.ts'

/** Each step goes on from the one before it, over HTTP and the stream only. */
const server = await startTestServer()
const SESSION_ID = randomUUID()
const site_id = randomUUID()
const started = new Date(Date.now() - 20 * 60_000)
const at = (minutes: number) => new Date(started.getTime() + minutes * 60_000).toISOString()
const now = () => new Date().toISOString()

async function ok(answer: Promise<Answer>) {
  const { status, body } = await answer
  assert.equal(status, 200, JSON.stringify(body))
  return body.data ?? body
}

describe("a charger's day", () => {
  let operator = ''
  let deviceId = ''
  let token = ''
  let commandId = ''
  const console = (path: string) => ok(server.call('GET', path, { token: operator }))
  const order = (path: string, body: unknown) => ok(server.call('POST', path, { token: operator, body }))
  const tell = (path: string, body: unknown) => ok(server.call('POST', `/v1/device/${path}`, { token, body }))
  const poll = () => ok(server.call('GET', '/v1/device/commands?wait=10', { token }))
  const report = (command_id: string, status: string) =>
    tell('command-status', { command_id, status, timestamp: now() })
  const connector = async () => (await console(`/v1/devices/${deviceId}/connectors`)).items[0]

  it('begins with an operator who gets a token', async () => {
    const { client_id, client_secret } = server.credentials.tellus
    const body = { grant_type: 'client_credentials', client_id, client_secret }
    operator = (await ok(server.call('POST', '/v1/oauth/token', { body }))).access_token
  })
  it('has the charger registered, with a token of its own', async () => {
    const facts = {
      sn: `DAY-${randomUUID()}`,
      model: 'TP-DC180-V2G',
      manufacturer: 'Tellus Power',
      firmware_version: '260101.0900',
    }
    const { device_id, device_secret } = await ok(server.call('POST', '/v1/device/register', { body: facts }))
    const credentials = { device_id, device_secret, grant_type: 'client_credentials' }
    token = (await ok(server.call('POST', '/v1/device/token', { body: credentials }))).access_token
    deviceId = device_id
  })
  it('has it put on a site, where it shows with its connectors', async () => {
    const place = { site_id, name: 'Day Site', address: '1 Station Square', postcode: 'CV1 2GT', lat: 52.4, lng: -1.5 }
    await order('/v1/device/site', { ...place, power_capacity: 200, device_ids: [deviceId] })
    const shown = await console(`/v1/sites/${site_id}`)
    assert.deepEqual([shown.total_connectors, shown.status_summary.idle], [2, 2])
    assert.equal((await console(`/v1/devices?site_id=${site_id}`)).items[0].device_id, deviceId)
  })
  it('has it online after its heartbeat, with nothing to do', async () => {
    assert.equal((await console(`/v1/devices/${deviceId}`)).status, 'offline')
    assert.deepEqual((await tell('heartbeat', { timestamp: now(), status: 'online' })).commands, [])
    assert.equal((await console(`/v1/devices/${deviceId}`)).status, 'online')
  })
  it('has a vehicle plugged in, and the console sees it', async () => {
    const data = { vehicle_connected: true }
    await tell('events', { timestamp: at(0), event_type: 'plug_in', connector_id: 1, data })
    assert.equal((await connector()).vehicle_connected, true)
  })
  it('has the operator start charging, and the waiting charger hears of it', async () => {
    const waiting = poll()
    const path = `/v1/devices/${deviceId}/connectors/1/start`
    commandId = (await order(path, { charge_power: 150, target_soc: 80 })).command_id
    const { command_id, command, params } = await waiting
    assert.deepEqual([command_id, command, params.charge_power], [commandId, 'start_charging', 150])
    await report(commandId, 'accepted')
    assert.equal((await console(`/v1/commands/${commandId}`)).status, 'accepted')
  })
  it('has it charge, and the stream shows each sample', async () => {
    const stream = await openStream(server, operator, `/stream?devices=${deviceId}`)
    const samples = [0, 1, 2, 3, 4, 5].map(minute => ({
      timestamp: at(1 + minute),
      connector_id: 1,
      state: 'charging',
      voltage: 400,
      current: 375 - minute * 25,
      power: 150 - minute * 10,
      energy_delivered: minute * 2.2,
      soc: 40 + minute * 8,
    }))
    for (const sample of samples) await tell('telemetry', sample)
    await stream.received(samples.length)
    for (const [index, frame] of stream.frames.entries()) {
      assert.equal(events.StreamFrame(frame), true)
      const { state, power, soc, energy_delivered } = samples[index]!
      assert.equal(frame.timestamp, samples[index]!.timestamp)
      const shown = frame.connectors[0]
      assert.deepEqual(
        [shown.state, shown.power, shown.soc, shown.energy_delivered],
        [state, power, soc, energy_delivered],
      )
    }
    await stream.close()
    await report(commandId, 'completed')
    const { status, power, soc } = await connector()
    assert.deepEqual([status, power, soc], ['charging', 100, 80])
    assert.equal((await console(`/v1/sites/${site_id}`)).status_summary.charging, 1)
  })
  it('has the site limited for a while, and the limit lifted', async () => {
    const control = await order('/v1/control/flexibility', {
      target_type: 'site',
      target_ids: [site_id],
      command: 'set_power_limit',
      params: { power_limit_percent: 50, duration: 1 },
    })
    assert.equal(control.commands.length, 2)
    const limits: unknown[] = []
    for (let count = 0; count < 4; count++) {
      const { command_id, params } = await poll()
      limits.push(params.power_limit ?? `${params.power_limit_percent} %`)
      await report(command_id, 'completed')
    }
    assert.deepEqual(limits, [50, 50, '100 %', '100 %'])
  })
  it('has it give energy back', async () => {
    const path = `/v1/devices/${deviceId}/connectors/1/discharge`
    const { command_id } = await order(path, { discharge_power: 60, duration: 300, min_soc: 60 })
    // This one comes by heartbeat.
    const { commands } = await tell('heartbeat', { timestamp: now(), status: 'online' })
    assert.deepEqual(
      commands.map((command: { command_id: string }) => command.command_id),
      [command_id],
    )
    await report(command_id, 'accepted')
    const flow = { state: 'discharging', voltage: 400, current: -150, power: -60, energy_delivered: 11, soc: 75 }
    await tell('telemetry', { timestamp: at(10), connector_id: 1, ...flow })
    const { status, power } = await connector()
    assert.deepEqual([status, power], ['discharging', -60])
    await report(command_id, 'completed')
  })
  it('has a fault come and go', async () => {
    const fault = (fault_code: number, minute: number) =>
      tell('events', { timestamp: at(minute), event_type: 'fault', connector_id: 1, data: { fault_code } })
    await fault(701, 11)
    const { status, fault_code } = await connector()
    assert.deepEqual([status, fault_code], ['fault', 'F-0701'])
    await fault(0, 12)
    assert.equal((await connector()).status, 'idle')
  })
  it('ends the session with a record, uploaded twice because the answer was lost', async () => {
    const record = {
      record_id: SESSION_ID,
      connector_id: 1,
      start_time: at(0),
      end_time: at(13),
      energy: 11,
      discharge_energy: 5.5,
      max_power: 150,
      cost: 4.18,
      currency: 'GBP',
      stop_reason: 'user_request',
    }
    await tell('charging-records', record)
    await tell('charging-records', record)
    await tell('events', { timestamp: at(13), event_type: 'plug_out', connector_id: 1, data: {} })
    const { vehicle_connected, status, soc } = await connector()
    assert.deepEqual([vehicle_connected, status, soc], [false, 'idle', null])
    const { items, total } = await console(`/v1/charging-records?device_id=${deviceId}`)
    assert.deepEqual([total, items[0].record_id, items[0].site_id], [1, SESSION_ID, site_id])
  })
  it('counts in the energy of its site, once', async () => {
    const { series, total } = await console(`/v1/aggregated/energy?site_ids=${site_id}&tz=Europe/London`)
    assert.deepEqual(total, { charge_energy: 11, discharge_energy: 5.5, max_power: 150 })
    assert.equal(series.length, 1)
    const bucket = Date.parse(series[0].timestamp)
    assert.ok(bucket <= started.getTime() && started.getTime() < bucket + 3_600_000)
  })
  it('has it upgraded over night, and the adoption rises', async () => {
    const adoption = async () => {
      const { items } = await console('/v1/firmware/versions')
      return items.find(({ model }: { model: string }) => model === 'TP-DC180-V2G').on_latest
    }
    const before = await adoption()
    for (const status of ['downloading', 'upgrading', 'success'])
      await tell('firmware/status', { firmware_version: '260122.1606', status })
    assert.equal((await console(`/v1/devices/${deviceId}`)).firmware_version, '260122.1606')
    assert.equal(await adoption(), before + 1)
  })
  it('was nothing that another tenant could see', async () => {
    const other = await server.operator('other')
    for (const path of [
      `devices/${deviceId}`,
      `sites/${site_id}`,
      `commands/${commandId}`,
      `charging-records/${SESSION_ID}`,
    ]) {
      assert.equal((await server.call('GET', `/v1/${path}`, { token: other })).status, 404)
    }
  })
})
