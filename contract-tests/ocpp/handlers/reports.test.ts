import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as monitoringEvents from '../../../src/store/monitoringEvents.ts'
import * as stationMessages from '../../../src/store/stationMessages.ts'
import { makeStation } from '../../support/stationCalls.ts'
import { startTestServer } from '../../support/testServer.ts'

/** What a station tells of itself is there to be looked up, as it was told last. */

const { services } = await startTestServer()
const { db } = services
const generatedAt = '2026-05-10T14:00:00Z'
const temperature = { component: { name: 'Connector', evse: { id: 1 } }, variable: { name: 'Temperature' } }

describe('NotifyReport', () => {
  const report = (value: string) => ({
    requestId: 1,
    generatedAt,
    seqNo: 0,
    reportData: [
      { ...temperature, variableAttribute: [{ value }, { type: 'MaxSet', value: '90', mutability: 'ReadOnly' }] },
      {
        component: { name: 'SecurityCtrlr' },
        variable: { name: 'BasicAuthPassword' },
        variableAttribute: [{ value: 'hunter2', mutability: 'WriteOnly' }],
      },
    ],
  })

  it('keeps every attribute by its variable, in place of an older value, and no password', async () => {
    const station = await makeStation(services)
    await station.tell('NotifyReport', report('40'))
    await station.tell('NotifyReport', report('41'))
    const rows = await db('ocpp.variables')
      .select('variable', 'attribute', 'evse_id', 'value')
      .where({ identity: station.identity, tenant_id: station.tenantId })
      .orderBy(['variable', 'attribute'])
    assert.deepEqual(rows, [
      { variable: 'BasicAuthPassword', attribute: 'Actual', evse_id: null, value: '***' },
      { variable: 'Temperature', attribute: 'Actual', evse_id: 1, value: '41' },
      { variable: 'Temperature', attribute: 'MaxSet', evse_id: 1, value: '90' },
    ])
  })

  it('takes a part without data, and one that names a variable twice', async () => {
    const station = await makeStation(services)
    const [first] = report('40').reportData
    await station.tell('NotifyReport', { requestId: 1, generatedAt, seqNo: 0 })
    const twice = [first, { ...first, variableAttribute: [{ value: '42' }] }]
    await station.tell('NotifyReport', { requestId: 1, generatedAt, seqNo: 1, reportData: twice })
    const row = await db('ocpp.variables').first('value').where({ identity: station.identity, attribute: 'Actual' })
    assert.equal(row.value, '42')
  })
})

describe('NotifyMonitoringReport and NotifyEvent', () => {
  it('keep monitors by their id, and each event once', async () => {
    const station = await makeStation(services)
    const monitor = { id: 3, transaction: false, value: 80, type: 'UpperThreshold', severity: 4 }
    for (const value of [80, 85])
      await station.tell('NotifyMonitoringReport', {
        requestId: 1,
        generatedAt,
        seqNo: 0,
        monitor: [{ ...temperature, variableMonitoring: [{ ...monitor, value }] }],
      })
    const event = {
      ...temperature,
      eventId: 501,
      timestamp: generatedAt,
      trigger: 'Alerting',
      actualValue: '86.5',
      eventNotificationType: 'CustomMonitor',
      variableMonitoringId: 3,
      techCode: 'T1',
    }
    for (const seqNo of [0, 1]) await station.tell('NotifyEvent', { generatedAt, seqNo, eventData: [event] })
    const of = (table: string) => db(table).where({ identity: station.identity, tenant_id: station.tenantId })
    assert.deepEqual(await of('ocpp.variable_monitors').select('monitor_id', 'value', 'severity'), [
      { monitor_id: '3', value: 85, severity: 4 },
    ])
    assert.deepEqual(await of('ocpp.monitoring_events').select('event_id', 'time', 'actual_value', 'details'), [
      {
        event_id: '501',
        time: new Date(generatedAt),
        actual_value: '86.5',
        details: { eventNotificationType: 'CustomMonitor', techCode: 'T1' },
      },
    ])
  })
})

describe('what is too old', () => {
  it('is removed: events by their time, customer information by when it came', async () => {
    const station = await makeStation(services)
    const day = 86_400_000
    const eventData = [20, 40].map(days => ({
      ...temperature,
      eventId: days,
      timestamp: new Date(Date.now() - days * day).toISOString(),
      trigger: 'Periodic',
      actualValue: '40',
      eventNotificationType: 'HardWiredMonitor',
    }))
    await station.tell('NotifyEvent', { generatedAt, seqNo: 0, eventData })
    for (const requestId of [1, 2])
      await station.tell('NotifyCustomerInformation', { requestId, generatedAt, seqNo: 0, data: 'x' })
    const mine = { identity: station.identity }
    const came = new Date(Date.now() - 40 * day)
    await db('ocpp.customer_information')
      .where({ ...mine, request_id: 1 })
      .update({ received_at: came })

    await monitoringEvents.removeOld(db, 30)
    await stationMessages.removeOldCustomerInformation(db, 30)
    assert.deepEqual(await db('ocpp.monitoring_events').where(mine).pluck('event_id'), ['20'])
    assert.deepEqual(await db('ocpp.customer_information').where(mine).pluck('request_id'), ['2'])
  })
})

describe('limits from outside, wishes of vehicles and profiles', () => {
  const schedule = { id: 1, chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: 22000 }] }

  it('a limit holds from its report until it is cleared, per source', async () => {
    const station = await makeStation(services)
    for (const chargingLimitSource of ['EMS', 'SO'])
      await station.tell('NotifyChargingLimit', {
        chargingLimit: { chargingLimitSource },
        chargingSchedule: [schedule],
      })
    await station.tell('ClearedChargingLimit', { chargingLimitSource: 'EMS' })
    const open = () => db('ocpp.outside_limits').where({ identity: station.identity, cleared_at: null }).pluck('source')
    assert.deepEqual(await open(), ['SO'])
    await station.tell('NotifyChargingLimit', { chargingLimit: { chargingLimitSource: 'EMS' } })
    assert.deepEqual((await open()).sort(), ['EMS', 'SO'])
  })

  it('the needs and the schedule of a vehicle stand side by side', async () => {
    const station = await makeStation(services)
    const needs = { requestedEnergyTransfer: 'DC' }
    await station.tell('NotifyEVChargingNeeds', { evseId: 2, chargingNeeds: needs })
    await station.tell('NotifyEVChargingSchedule', { evseId: 2, timeBase: generatedAt, chargingSchedule: schedule })
    const row = await db('ocpp.vehicle_wishes').first().where({ identity: station.identity, evse_id: 2 })
    assert.deepEqual([row.needs, row.schedule, row.schedule_at], [needs, schedule, new Date(generatedAt)])
  })

  it('profiles are kept by their id', async () => {
    const station = await makeStation(services)
    const profile = (stackLevel: number) => ({
      id: 7,
      stackLevel,
      chargingProfilePurpose: 'TxDefaultProfile',
      chargingProfileKind: 'Absolute',
      chargingSchedule: [schedule],
    })
    for (const stackLevel of [0, 2])
      await station.tell('ReportChargingProfiles', {
        requestId: 1,
        evseId: 1,
        chargingLimitSource: 'CSO',
        chargingProfile: [profile(stackLevel)],
      })
    const rows = await db('ocpp.reported_profiles').where({ identity: station.identity })
    assert.deepEqual(
      rows.map(row => [row.profile_id, row.profile.stackLevel]),
      [['7', 2]],
    )
  })
})

describe('what a station has to say to people', () => {
  it('messages on the display are kept by their id, customer information part by part', async () => {
    const station = await makeStation(services)
    for (const content of ['Welcome', 'Good evening'])
      await station.tell('NotifyDisplayMessages', {
        requestId: 1,
        messageInfo: [{ id: 1, priority: 'NormalCycle', message: { format: 'UTF8', content } }],
      })
    for (const seqNo of [0, 1, 1])
      await station.tell('NotifyCustomerInformation', { requestId: 2, generatedAt, seqNo, data: `part ${seqNo}` })
    const of = (table: string) => db(table).where({ identity: station.identity, tenant_id: station.tenantId })
    const messages = await of('ocpp.display_messages')
    assert.deepEqual(
      messages.map(row => row.message.message.content),
      ['Good evening'],
    )
    assert.deepEqual(await of('ocpp.customer_information').orderBy('sequence').pluck('data'), ['part 0', 'part 1'])
  })
})

describe('streams of OCPP 2.1', () => {
  it('keep their newest value while they are open', async () => {
    const station = await makeStation(services, { protocol: 'ocpp2.1' })
    const stream = () => db('ocpp.event_streams').first().where({ identity: station.identity, stream_id: 4 })
    const values = (basetime: string, v: string) =>
      station.tell('NotifyPeriodicEventStream', {
        id: 4,
        pending: 0,
        basetime,
        data: [
          { t: 0, v: '0' },
          { t: 2, v },
        ],
      })
    await station.tell('OpenPeriodicEventStream', {
      constantStreamData: { id: 4, variableMonitoringId: 3, params: {} },
    })
    await values('2026-05-10T14:00:00Z', '41.5')
    await values('2026-05-10T13:00:00Z', 'late')
    assert.equal((await stream()).latest_value, '41.5')
    assert.equal((await stream()).latest_at.toISOString(), '2026-05-10T14:00:02.000Z')
    await station.tell('ClosePeriodicEventStream', { id: 4 })
    await values('2026-05-10T15:00:00Z', 'too late')
    assert.equal((await stream()).latest_value, '41.5')
    assert.notEqual((await stream()).closed_at, null)
  })
})
