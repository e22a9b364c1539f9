import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeSharedStation } from '../../support/sharedStation.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const { db } = server.services

interface Session {
  startedAt?: string
  endedAt?: string
  /** As OCPP 2.x tells it. */
  chargingState?: string
}

interface Known {
  /** Of the connector, before; without it nothing was ever told of it. */
  shown?: string | undefined
  session?: Session | undefined
}

/** The day before yesterday, so that all of it is past. */
const DAY = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10)
const at = (time: string) => `${DAY}T${time}:00.000Z`

/** A station whose connector measured 10 kW, 400 V, 25 A, 2 kWh and 50 % at 14:10, in a session that began at 14:00 with 1000 Wh. */
async function makePlace({ shown = 'charging', session = {} }: Known = {}) {
  const { station, charger } = await makeSharedStation(server)
  const { identity, tenantId } = station
  const { deviceId } = charger
  const { startedAt = at('14:00'), endedAt = null, chargingState = null } = session
  await db('ocpp.transactions').insert({
    tenant_id: tenantId,
    identity,
    device_id: deviceId,
    protocol: 'ocpp1.6',
    transaction_id: '7',
    connector_id: 1,
    started_at: startedAt,
    ended_at: endedAt,
    meter_start_wh: 1000,
    charging_state: chargingState,
  })
  const measured = { power_kw: 10, voltage_v: 400, current_a: 25, energy_delivered_kwh: 2, soc_percent: 50 }
  await db('core.connectors')
    .insert({ device_id: deviceId, connector_id: 1, state: shown, ...measured, telemetry_at: at('14:10') })
    .onConflict(['device_id', 'connector_id'])
    .merge()
  const tell = (transactionId: number, ...meterValue: object[]) =>
    station.tell(
      'MeterValues',
      { connectorId: 1, ...(transactionId > 0 ? { transactionId } : {}), meterValue },
      'ocpp1.6',
    )
  const readings = async () =>
    (await db('telemetry.readings').where({ device_id: deviceId }).orderBy('time')).map(row => ({
      state: row.state,
      power: row.power_kw,
      voltage: row.voltage_v,
      energy: row.energy_delivered_kwh,
      soc: row.soc_percent,
    }))
  return { tell, readings, deviceId }
}

const WORDS: Record<string, object> = {
  wh: {},
  kw: { measurand: 'Power.Active.Import', unit: 'kW' },
  out: { measurand: 'Power.Active.Export', unit: 'kW' },
  volts: { measurand: 'Voltage' },
  soc: { measurand: 'SoC' },
}

const value = (time: string, measured: Record<string, number>) => ({
  timestamp: at(time),
  sampledValue: Object.entries(measured).map(([word, amount]) => ({ value: String(amount), ...WORDS[word] })),
})

describe('samples of a session', () => {
  it('take over what is not told, from one to the next', async () => {
    const { tell, readings } = await makePlace()
    await tell(7, value('14:11', { wh: 3500, kw: 12 }), value('14:12', { soc: 51 }))
    await tell(7, value('14:13', { volts: 401 }))
    assert.deepEqual(
      (await readings()).map(({ power, voltage, energy, soc }) => [power, voltage, energy, soc]),
      [
        [12, 400, 2.5, 50],
        [12, 400, 2.5, 51],
        [12, 401, 2.5, 51],
      ],
    )
  })

  it('take nothing over from another session, or from long ago', async () => {
    for (const [session, time] of [
      [{ startedAt: at('14:11') }, '14:12'],
      [{}, '14:40'],
    ] as const) {
      const { tell, readings } = await makePlace({ session })
      await tell(7, value(time, { wh: 1000 }))
      assert.deepEqual(await readings(), [{ state: 'charging', power: 0, voltage: null, energy: 0, soc: null }])
    }
    const { tell, readings } = await makePlace()
    await tell(7, value('14:15', { kw: 5 }), value('14:31', { wh: 3000 }))
    assert.deepEqual(
      (await readings()).map(({ power }) => power),
      [5, 0],
    )
  })

  it('count energy from the meter at its beginning, and never below', async () => {
    const { tell, readings } = await makePlace()
    await tell(7, value('14:11', { wh: 900 }), value('14:12', { wh: 3000 }))
    assert.deepEqual(
      (await readings()).map(({ energy }) => energy),
      [0, 2],
    )
  })

  it('are those of the transaction that runs, where the station never got an id', async () => {
    const { tell, readings } = await makePlace()
    await tell(-1, value('14:11', { wh: 3000, kw: 0 }))
    assert.deepEqual(
      (await readings()).map(({ state, energy }) => [state, energy]),
      [['charging', 2]],
    )
  })
})

describe('the state of a sample', () => {
  const stateOf = async (measured: Record<string, number>, known: Known = {}, transaction = 7, time = '14:11') => {
    const { tell, readings } = await makePlace(known)
    await tell(transaction, value(time, measured))
    return (await readings())[0]!.state
  }
  /** One that is over before the sample. */
  const before: Session = { endedAt: at('14:05') }

  for (const [what, expected, measured, known, transaction, time] of [
    ['charging while a session of OCPP 1.6 runs', 'charging', { kw: 0 }],
    ['discharging where power flows out', 'discharging', { out: 5 }],
    ['idle while a session of OCPP 2.x waits', 'idle', { kw: 0 }, { session: { chargingState: 'EVConnected' } }],
    ['charging while one pauses', 'charging', { kw: 0 }, { session: { chargingState: 'SuspendedEV' } }],
    ['charging when power flows already', 'charging', { kw: 5 }, { session: { chargingState: 'EVConnected' } }],
    ['idle with a meter at rest outside of a session', 'idle', { kw: 0.05 }, { session: before, shown: 'idle' }, 0],
    ['that of a connector out of service', 'unavailable', { volts: 230 }, { session: before, shown: 'unavailable' }, 0],
    ['a fault while nothing flows', 'fault', { kw: 0 }, { shown: 'fault' }],
    ['that of its time, while it was', 'charging', { kw: 0 }, { session: { endedAt: at('14:20') } }, 7, '14:11'],
    ['that of its time, after it', 'idle', { kw: 0 }, { session: { endedAt: at('14:20') } }, 7, '14:30'],
  ] as [string, string, Record<string, number>, Known?, number?, string?][])
    it(`is ${what}`, async () => {
      assert.equal(await stateOf(measured, known, transaction, time), expected)
    })
})

describe('a sample from the future', () => {
  it('is kept and says nothing about now', async () => {
    const { tell, readings, deviceId } = await makePlace()
    const timestamp = new Date(Date.now() + 6 * 60_000).toISOString()
    await tell(7, { ...value('14:11', { kw: 1 }), timestamp })
    assert.equal((await readings())[0]!.power, 1)
    assert.equal((await db('core.connectors').first('power_kw').where({ device_id: deviceId })).power_kw, 10)
  })
})

describe('samples of many messages at a time', () => {
  it('follow one another on each connector', async () => {
    const { tell, readings } = await makePlace()
    const times = ['14:11', '14:12', '14:13', '14:14']
    await Promise.all(times.map((time, index) => tell(7, value(time, index === 0 ? { kw: 12 } : { soc: 50 + index }))))
    assert.deepEqual(
      (await readings()).map(({ power, soc }) => [power, soc]),
      [
        [12, 50],
        [12, 51],
        [12, 52],
        [12, 53],
      ],
    )
  })
})
