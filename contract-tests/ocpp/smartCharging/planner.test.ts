import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { check } from '../../../src/ocpp/schemas.ts'
import { planSite } from '../../../src/ocpp/smartCharging/planner.ts'
import type { SiteCharging } from '../../../src/ocpp/smartCharging/settings.ts'
import { connect } from '../../../src/postgres/connect.ts'
import * as siteCharging from '../../../src/store/siteCharging.ts'
import { query } from '../../processes/workplace.ts'
import { createFleet, EVENLY, type StationFleet } from '../../support/stationFleet.ts'
import { openTestDatabase } from '../../support/testServer.ts'

/** Without a server, which would plan the sites too. */
const database = await openTestDatabase()
const connections = connect(database.url, error => {
  throw error
})
const { db } = connections
after(async () => {
  await connections.close()
  await database.drop()
})

async function depot(settings: Partial<SiteCharging> = {}) {
  const [one, two, three] = [1, 2, 3].map(number => `CP-${number}-${randomUUID()}`) as [string, string, string]
  const fleet = await createFleet(db, { [one]: 'ocpp1.6', [two]: 'ocpp2.0.1', [three]: 'ocpp1.6' })
  const set = (changes: Partial<SiteCharging>) =>
    siteCharging.set(db, fleet.tenantId, fleet.siteId, { ...EVENLY, ...settings, ...changes })
  await set({})
  const plan = (now?: Date) => planSite({ db, callStation: fleet.call }, fleet.siteId, now)
  return { fleet, set, plan, one, two, three }
}

const decisionsOf = (fleet: StationFleet, transaction: string) =>
  db('ocpp.charging_decisions')
    .where({ site_id: fleet.siteId, transaction_key: transaction })
    .orderBy('decision_id')
    .select('allocated_kw', 'status')
    .then(rows => rows.map(({ allocated_kw, status }) => `${allocated_kw} ${status}`))

describe('a session that is forgotten', () => {
  it('leaves its share to the next one on its connector', async () => {
    const { fleet, plan, one, two } = await depot()
    const forgotten = await fleet.begin(one)
    await plan()
    const running = await fleet.begin(one)
    const other = await fleet.begin(two)
    await plan()
    assert.deepEqual(await decisionsOf(fleet, forgotten), ['22 ended'])
    assert.deepEqual(await decisionsOf(fleet, running), ['15 active'])
    assert.deepEqual(await decisionsOf(fleet, other), ['15 active'])
  })
})

describe('a station without a device', () => {
  it('has its share like the others of its site', async () => {
    const { fleet, plan, one, two } = await depot()
    await db('ocpp.stations').where({ identity: one }).update({ device_id: null })
    const alone = await fleet.begin(one)
    await db('ocpp.transactions').where({ transaction_key: alone }).update({ device_id: null })
    const other = await fleet.begin(two)
    await plan()
    assert.deepEqual(await decisionsOf(fleet, alone), ['15 active'])
    assert.deepEqual(await decisionsOf(fleet, other), ['15 active'])
  })
})

describe('a site', () => {
  it('gives one session all that it takes, and shares when another begins', async () => {
    const { fleet, plan, one, two } = await depot()
    const first = await fleet.begin(one)
    await plan()
    assert.deepEqual(await decisionsOf(fleet, first), ['22 active'])
    const second = await fleet.begin(two)
    await plan()
    assert.deepEqual(await decisionsOf(fleet, first), ['22 ended', '15 active'])
    assert.deepEqual(await decisionsOf(fleet, second), ['15 active'])
    assert.ok(fleet.peakKw() <= 30)
  })
  it('gives back what a session leaves when it ends', async () => {
    const { fleet, plan, one, two } = await depot()
    const [first, second] = [await fleet.begin(one), await fleet.begin(two)]
    await plan()
    await fleet.finish(second)
    await plan()
    assert.deepEqual(await decisionsOf(fleet, first), ['15 ended', '22 active'])
    assert.deepEqual(await decisionsOf(fleet, second), ['15 ended'])
  })
  it('tells nobody anything when nothing changed', async () => {
    const { fleet, plan, one, two } = await depot()
    await fleet.begin(one)
    await fleet.begin(two)
    await plan()
    const told = fleet.calls.length
    await plan()
    assert.equal(fleet.calls.length, told)
  })
  it('never allows more than the limit at any moment while shares move', async () => {
    const { fleet, set, plan, one, two, three } = await depot({ connectors: [] })
    const first = await fleet.begin(one)
    await fleet.begin(two)
    await plan()
    await fleet.begin(three)
    await plan()
    await fleet.finish(first)
    await plan()
    assert.ok(fleet.peakKw() <= 30, `${fleet.peakKw()} kW`)
    await set({ limitKw: 20, marginPercent: 10 })
    await plan()
    assert.deepEqual([...fleet.limits.values()], [9, 9])
  })
  it('tells each version in its own words', async () => {
    const { fleet, plan, one, two } = await depot({ connectors: [] })
    await fleet.begin(one)
    await fleet.begin(two)
    await plan()
    for (const { identity, action, payload } of fleet.calls)
      assert.equal(check(identity === one ? 'ocpp1.6' : 'ocpp2.0.1', action, 'request', payload), undefined)
    assert.equal(fleet.calls.length, 2)
  })
  it('tells amperes where a station counts them, and never more than the share', async () => {
    const { fleet, set, plan, one } = await depot()
    await set({ limitKw: 10, connectors: [{ identity: one, unit: 'A', phases: 3 }] })
    await fleet.begin(one)
    await plan()
    assert.deepEqual([...fleet.limits.values()], [14.4 * 0.69])
    for (const { payload } of fleet.calls)
      assert.equal(check('ocpp1.6', 'SetChargingProfile', 'request', payload), undefined)
  })
})

describe('a station that does not take its share', () => {
  for (const outcome of [
    { kind: 'result' as const, payload: { status: 'Rejected' } },
    { kind: 'offline' as const },
    { kind: 'timeout' as const },
  ])
    it(`is counted with its maximum when the answer is ${outcome.kind}`, async () => {
      const { fleet, plan, one, two } = await depot()
      fleet.behaviour.set(one, outcome)
      const [first, second] = [await fleet.begin(one), await fleet.begin(two)]
      const again = await plan()
      assert.deepEqual(await decisionsOf(fleet, first), ['15 rejected'])
      assert.deepEqual(await decisionsOf(fleet, second), ['15 ended', '8 active'])
      assert.ok(again! > new Date() && again! <= new Date(Date.now() + 60_000))
    })
  it('is told again a minute later', async () => {
    const { fleet, plan, one, two } = await depot()
    fleet.behaviour.set(one, { kind: 'offline' })
    const [first, second] = [await fleet.begin(one), await fleet.begin(two)]
    await plan()
    fleet.behaviour.clear()
    const told = fleet.calls.length
    await plan()
    assert.equal(fleet.calls.length, told)
    await plan(new Date(Date.now() + 61_000))
    assert.deepEqual(await decisionsOf(fleet, first), ['15 rejected', '15 active'])
    assert.equal((await decisionsOf(fleet, second)).at(-1), '15 active')
  })
  it('is told at once when it has connected again', async () => {
    const { fleet, plan, one } = await depot()
    fleet.behaviour.set(one, { kind: 'offline' })
    const first = await fleet.begin(one)
    await plan()
    fleet.behaviour.clear()
    await db('ocpp.connection_states').insert({
      tenant_id: fleet.tenantId,
      identity: one,
      connection_id: randomUUID(),
      remote_address: '127.0.0.1',
      protocol: 'ocpp1.6',
      connected_at: new Date(Date.now() + 1000),
    })
    await plan()
    assert.deepEqual(await decisionsOf(fleet, first), ['22 rejected', '22 active'])
  })
})

describe('a site that is short', () => {
  it('lets sessions take turns', async () => {
    const { fleet, set, plan, one, two } = await depot()
    await set({ limitKw: 6 })
    const [first, second] = [await fleet.begin(one), await fleet.begin(two)]
    const now = new Date(Math.ceil(Date.now() / 900_000) * 900_000)
    const next = await plan(now)
    assert.equal(next!.getTime() - now.getTime(), 900_000)
    await plan(next)
    const courses = [await decisionsOf(fleet, first), await decisionsOf(fleet, second)].sort()
    assert.deepEqual(courses, [
      ['0 ended', '6 active'],
      ['6 ended', '0 active'],
    ])
    assert.ok(fleet.peakKw() <= 6)
  })
})

const price = (time: string, value: number) =>
  query(database.url, 'insert into flux.market_data (time, type, value) values ($1, 4711, $2)', [time, value])

describe('the strategies', () => {
  it('priority: a tag that weighs more gets more', async () => {
    const { fleet, plan, one, two } = await depot({ strategy: 'priority', priorities: { idTags: { BUS: 2 } } })
    const [first, second] = [await fleet.begin(one, { idTag: 'BUS' }), await fleet.begin(two)]
    await plan()
    assert.deepEqual(await decisionsOf(fleet, first), ['20 active'])
    assert.deepEqual(await decisionsOf(fleet, second), ['10 active'])
  })
  it('time_of_use: windows in the zone of the site', async () => {
    const window = { start: '16:00', end: '20:00', limitPercent: 50 }
    const { fleet, plan, one } = await depot({ strategy: 'time_of_use', windows: [window] })
    const first = await fleet.begin(one)
    assert.equal((await plan(new Date('2026-07-03T12:00:00Z')))?.toISOString(), '2026-07-03T15:00:00.000Z')
    assert.equal((await plan(new Date('2026-07-03T15:00:00Z')))?.toISOString(), '2026-07-03T19:00:00.000Z')
    assert.deepEqual(await decisionsOf(fleet, first), ['22 ended', '15 active'])
  })
  it('time_of_use: prices of the market', async () => {
    const { fleet, plan, one } = await depot({
      strategy: 'time_of_use',
      prices: { marketType: 4711, steps: [{ from: 100, limitPercent: 20 }] },
    })
    const first = await fleet.begin(one)
    await price('2026-07-03T11:00:00Z', 80)
    await price('2026-07-03T12:30:00Z', 120)
    assert.equal((await plan(new Date('2026-07-03T12:00:00Z')))?.toISOString(), '2026-07-03T12:30:00.000Z')
    assert.equal(await plan(new Date('2026-07-03T12:30:00Z')), undefined)
    assert.deepEqual(await decisionsOf(fleet, first), ['22 ended', '6 active'])
  })
})

describe('limits that others set', () => {
  it('hold as well: the lower one wins', async () => {
    const { fleet, plan, one, two } = await depot()
    const [first, second] = [await fleet.begin(one), await fleet.begin(two)]
    const { device_id } = await db('ocpp.stations').first('device_id').where({ identity: one })
    await db('core.connectors').insert({ device_id, connector_id: 1 }).onConflict().ignore()
    await db('core.commands').insert({
      tenant_id: fleet.tenantId,
      device_id,
      connector_id: 1,
      command: 'set_power_limit',
      params: { connector_id: 1, power_limit: 7, duration: 600 },
      requested_by: 'test',
      expires_at: new Date(Date.now() + 60_000),
    })
    const again = await plan()
    assert.deepEqual(await decisionsOf(fleet, first), ['7 active'])
    assert.deepEqual(await decisionsOf(fleet, second), ['22 active'])
    assert.ok(again! > new Date(Date.now() + 590_000) && again! <= new Date(Date.now() + 600_000))
  })
})

describe('a command that a plan keeps', () => {
  it('waits while its station gives no answer, and is completed when that has taken its share', async () => {
    const { fleet, plan, one } = await depot()
    const key = await fleet.begin(one)
    const { device_id } = await db('ocpp.stations').first('device_id').where({ identity: one })
    const { numeric_id } = await db('ocpp.transactions').first('numeric_id').where({ transaction_key: key })
    const [{ command_id }] = await db('core.commands')
      .insert({
        tenant_id: fleet.tenantId,
        device_id,
        command: 'start_charging',
        channel: 'ocpp',
        status: 'accepted',
        params: { charge_power: 8 },
        details: { transaction_id: numeric_id },
        requested_by: 'test',
        expires_at: new Date(Date.now() + 60_000),
      })
      .returning('command_id')
    const statusOf = async () => (await db('core.commands').first('status').where({ command_id })).status
    fleet.behaviour.set(one, { kind: 'timeout' })
    await plan()
    assert.equal(await statusOf(), 'accepted')
    fleet.behaviour.clear()
    await plan(new Date(Date.now() + 61_000))
    assert.deepEqual([await statusOf(), [...fleet.limits.values()]], ['completed', [8]])
  })
})

describe('switched off', () => {
  it('takes the limits away', async () => {
    const { fleet, set, plan, one, two } = await depot()
    const [first, second] = [await fleet.begin(one), await fleet.begin(two)]
    await plan()
    fleet.calls.length = 0
    await set({ enabled: false })
    await plan()
    assert.deepEqual(
      fleet.calls.map(({ action }) => action),
      ['ClearChargingProfile', 'ClearChargingProfile'],
    )
    for (const { identity, action, payload } of fleet.calls)
      assert.equal(check(identity === one ? 'ocpp1.6' : 'ocpp2.0.1', action, 'request', payload), undefined)
    assert.deepEqual(await decisionsOf(fleet, first), ['15 ended'])
    assert.deepEqual(await decisionsOf(fleet, second), ['15 ended'])
    await plan()
    assert.equal(fleet.calls.length, 2)
  })
})
