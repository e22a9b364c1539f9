import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import type { OcppSummary } from '../../twin/ocpp/report.ts'
import { runOcppTwin } from '../../twin/ocpp/run.ts'
import { openBoard } from '../board/board.ts'
import { eventually } from '../processes/workplace.ts'
import { openEvents } from '../support/eventClient.ts'
import { openStream, type StreamClient } from '../support/streamClient.ts'
import { type Answer, startTestServer } from '../support/testServer.ts'

/** Each step goes on from the one before it, over HTTP, the streams and the socket of a twin only. */
const server = await startTestServer({ OCPP_RECORD_DELAY_SECONDS: '0' })
const operator = await server.operator()
const admin = await server.operator('admin')
const board = await openBoard(server)
const { sessionId } = (
  await server.call('POST', '/api/auth/login', { body: { token: server.credentials.board.token } })
).body

const LIMIT = 20
/** The twin is a station that somebody else wrote: what it is told follows these limits within rounding. */
const SOON = 10_000

async function ok({ status, body }: Answer) {
  assert.ok(status === 200 || status === 201, `${status} ${JSON.stringify(body)}`)
  return body.data ?? body
}

const console = async (path: string) => ok(await server.call('GET', path, { token: operator }))
const order = async (path: string, body: object, token = operator) =>
  ok(await server.call('POST', path, { token, body }))
const shown = async (path: string) => ok(await board.get(path))
const set = async (path: string, body: object) => ok(await board.call('PUT', path, { body }))

/** The command as tellus shows it, when it is done. @throws AssertionError when it ends otherwise */
const done = (commandId: string, within = 20_000) =>
  eventually(`${commandId} to be done`, within, async () => {
    const command = await console(`/v1/commands/${commandId}`)
    assert.ok(!['failed', 'rejected', 'expired'].includes(command.status), JSON.stringify(command))
    return command.status === 'completed' ? command : undefined
  })

interface Sample {
  state: string
  power: number
  soc: number
  voltage: number
}

/** What the stream has shown of the one connector since a frame. */
const samplesOf = ({ frames }: StreamClient, from = 0): Sample[] =>
  frames.slice(from).map(({ connectors }) => connectors[0])
const powers = (stream: StreamClient, from?: number) =>
  samplesOf(stream, from)
    .filter(({ state }) => state === 'charging')
    .map(({ power }) => power)

for (const protocol of ['ocpp1.6', 'ocpp2.0.1'] as const)
  describe(`a day of a station of ${protocol}`, () => {
    const identity = `JOURNEY-${protocol}`
    const siteId = randomUUID()
    const ends = new AbortController()
    let deviceId = ''
    let run: Promise<OcppSummary> | undefined
    let stream: StreamClient
    let messages: Awaited<ReturnType<typeof openEvents>>
    after(() => {
      ends.abort()
      messages?.close()
      stream?.socket.terminate()
    })

    it('begins with a charger on a site, and an account for its station on the board', async () => {
      deviceId = (await server.charger('TP-DC180')).deviceId
      const place = { name: 'Depot', address: '1 Dock Road', postcode: 'E16 1AA', lat: 51.5, lng: 0 }
      await order('/v1/device/site', { ...place, site_id: siteId, power_capacity: 180, device_ids: [deviceId] })
      await set(`/sites/${siteId}/smart-charging`, {
        limitKw: 180,
        strategy: 'equal_share',
        enabled: false,
        consent: true,
      })
      const account = await set(`/stations/${encodeURIComponent(identity)}`, { deviceId })
      assert.deepEqual([account.deviceId, account.siteId, account.hasPassword], [deviceId, siteId, true])
      run = runOcppTwin({
        url: server.url,
        protocol,
        chargers: 1,
        password: account.password,
        identities: [identity],
        settings: { MeterValueSampleInterval: '1' },
        sessionsPerHour: 0,
        occupied: 0,
        faultRate: 0,
        reconnectRate: 0,
        signal: ends.signal,
      })
    })

    it('has it boot, and show on the board and on tellus', async () => {
      const connection = await eventually('online', SOON, async () => {
        const { body } = await board.get(`/connections/${identity}`)
        return body.status === 'online' && body.messageCount >= 6 ? body : undefined
      })
      assert.equal(connection.protocol, protocol)
      assert.equal((await shown(`/stations/${identity}`)).vendor, 'Tellus Power')
      await eventually(
        'the device online',
        SOON,
        async () => (await console(`/v1/devices/${deviceId}`)).status === 'online',
      )
      const device = await console(`/v1/devices/${deviceId}`)
      assert.ok(device.ocpp_version.startsWith(protocol.replace('ocpp', '')), device.ocpp_version)
      stream = await openStream(server, operator, `/stream?devices=${deviceId}`)
      messages = await openEvents(server, `/messages/stream?identity=${identity}`, sessionId)
    })

    it('has it started from tellus, and charging', async () => {
      const { command_id } = await order(`/v1/devices/${deviceId}/connectors/1/start`, {
        charge_power: 60,
        target_soc: 90,
      })
      await done(command_id)
      await eventually('power on the stream', SOON, () => powers(stream).some(power => power > 30))
      assert.ok(powers(stream).every(power => power <= 60))
      const [connector] = (await console(`/v1/devices/${deviceId}/connectors`)).items
      assert.deepEqual([connector.status, connector.vehicle_connected], ['charging', true])
      const sample = samplesOf(stream).find(({ power }) => power > 30)!
      assert.ok(sample.soc > 0 && sample.voltage > 300, JSON.stringify(sample))
    })

    it('has the board show each message of it', async () => {
      const start = protocol === 'ocpp1.6' ? 'RemoteStartTransaction' : 'RequestStartTransaction'
      const meter = protocol === 'ocpp1.6' ? 'MeterValues' : 'TransactionEvent'
      const seen = (direction: string, method: string) =>
        messages.of('message').some(({ data }) => data.direction === direction && data.method === method)
      await eventually('the messages on the stream', SOON, () => seen('OUT', start) && seen('IN', meter))
      const [asked] = await shown(`/messages?identity=${identity}&method=${start}&type=CALL`)
      assert.equal(asked.direction, 'OUT')
      const [answer] = await shown(`/messages?identity=${identity}&method=${start}&type=CALLRESULT`)
      assert.deepEqual(answer.payload, { status: 'Accepted' })
      assert.ok(answer.responseTime > 0)
    })

    it('has smart charging hold it at what the site may draw', async () => {
      await set(`/sites/${siteId}/smart-charging`, { limitKw: LIMIT, strategy: 'equal_share' })
      const decision = await eventually('a decision', SOON, async () => {
        const [newest] = (await shown(`/smart-charge?identity=${identity}`)) as {
          allocatedKw: number
          status: string
        }[]
        return newest !== undefined && newest.allocatedKw <= LIMIT && newest.status === 'active' ? newest : undefined
      })
      const before = stream.frames.length
      await eventually('less power on the stream', SOON, () => {
        const [, ...latest] = powers(stream).slice(-4)
        return stream.frames.length > before + 3 && latest.every(power => power <= decision.allocatedKw)
      })
      assert.ok(powers(stream).at(-1)! > decision.allocatedKw * 0.9, 'and no less than it was given')
      const payload =
        protocol === 'ocpp1.6'
          ? { connectorId: 1, duration: 60, chargingRateUnit: 'W' }
          : { evseId: 1, duration: 60, chargingRateUnit: 'W' }
      const body = { action: 'GetCompositeSchedule', payload }
      const composite = await ok(await board.call('POST', `/connections/${identity}/commands`, { body }))
      const { chargingSchedule, schedule } = composite.payload
      const [{ limit }] = (chargingSchedule ?? schedule).chargingSchedulePeriod
      assert.ok(Math.abs(limit - decision.allocatedKw * 1000) <= 100, `${limit} W of ${decision.allocatedKw} kW`)
    })

    it('has it go on through a lost connection', async () => {
      const body = await ok(await board.call('POST', `/connections/${identity}/disconnect`))
      assert.deepEqual(body, { success: true, message: 'Connection terminated' })
      const from = stream.frames.length
      await eventually('back online', SOON, async () => (await shown(`/connections/${identity}`)).status === 'online')
      await eventually('charging on the stream', SOON, () => powers(stream, from).length > 2)
    })

    it('has it stopped from tellus, and one record of what it gave', async () => {
      const { command_id } = await order(`/v1/devices/${deviceId}/connectors/1/stop`, { reason: 'enough' })
      await done(command_id)
      const record = await eventually('the record', 30_000, async () => {
        const { items } = await console(`/v1/charging-records?device_id=${deviceId}`)
        return items[0]
      })
      assert.equal(record.connector_id, 1)
      assert.ok(record.energy > 0 && record.max_power > 30, JSON.stringify(record))
      await eventually('the end of smart charging', SOON, async () => {
        const charges = (await shown(`/smart-charge?identity=${identity}`)) as { status: string }[]
        return charges.every(({ status }) => status !== 'active')
      })
    })

    it('has it send its log and start anew when tellus asks', async () => {
      const diagnose = async (body: object) =>
        done((await order(`/v1/devices/${deviceId}/commands`, body, admin)).command_id, 40_000)
      await diagnose({ command: 'fetch_logs', params: {} })
      await diagnose({ command: 'reboot', params: { reason: 'a test' } })
    })

    it('ends with both sides agreeing on what was said and given', async () => {
      ends.abort()
      const summary = await run!
      assert.equal(summary.ok, true, JSON.stringify(summary))
      assert.equal(summary.sessions, 1)
      const { items } = await console(`/v1/charging-records?device_id=${deviceId}`)
      assert.equal(items.length, 1)
      assert.ok(Math.abs(items[0].energy - summary.energy_kwh) < 0.01, `${items[0].energy}, ${summary.energy_kwh}`)
      await eventually('offline', SOON, async () => (await shown(`/connections/${identity}`)).status === 'offline')
    })
  })
