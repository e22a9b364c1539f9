import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { check } from '../../../src/ocpp/schemas.ts'
import { type CallStation, planSite } from '../../../src/ocpp/smartCharging/planner.ts'
import type { SiteCharging } from '../../../src/ocpp/smartCharging/settings.ts'
import { connect } from '../../../src/postgres/connect.ts'
import * as siteCharging from '../../../src/store/siteCharging.ts'
import { createFleet, EVENLY } from '../../support/stationFleet.ts'
import { openTestDatabase } from '../../support/testServer.ts'

/** What sessions may draw from their start until they have a share. Without a server, which would plan the sites too. */

const database = await openTestDatabase()
const connections = connect(database.url, error => {
  throw error
})
const { db } = connections
after(async () => {
  await connections.close()
  await database.drop()
})

/** kW at which a vehicle charges at least: 6 A on three phases. */
const LEAST = 4.14

/** Three connected stations with two connectors each. */
async function depot(limitKw: number) {
  const names = [1, 2, 3].map(number => `CD-${number}-${randomUUID()}`) as [string, string, string]
  const [one, two, three] = names
  const fleet = await createFleet(db, { [one]: 'ocpp1.6', [two]: 'ocpp2.0.1', [three]: 'ocpp1.6' })
  for (const name of names) await fleet.connect(name, 2)
  const set = (changes: Partial<SiteCharging>) =>
    siteCharging.set(db, fleet.tenantId, fleet.siteId, { ...EVENLY, limitKw, ...changes })
  await set({})
  const plan = (callStation: CallStation = fleet.call, now?: Date) => planSite({ db, callStation }, fleet.siteId, now)
  const kwAt = () => names.map(name => fleet.defaults.get(name))
  return { fleet, set, plan, kwAt, names, one, two, three }
}

describe('what a session begins with', () => {
  it('is the least at which a vehicle charges, as far as the limit goes, in the words of each version', async () => {
    const { fleet, plan, kwAt, two } = await depot(20)
    await plan()
    assert.deepEqual(kwAt(), [LEAST, LEAST, 0])
    for (const { identity, action, payload } of fleet.calls)
      assert.equal(check(identity === two ? 'ocpp2.0.1' : 'ocpp1.6', action, 'request', payload), undefined)
    await plan()
    assert.equal(fleet.calls.length, 3)
  })
  it('becomes nothing before a share grows', async () => {
    const { fleet, plan, kwAt, one } = await depot(20)
    await plan()
    await fleet.begin(one)
    await plan()
    assert.deepEqual([...fleet.limits.values()], [20])
    assert.deepEqual(kwAt(), [0, 0, 0])
    assert.ok(fleet.peakKw() <= 20)
  })
  it('is kept back where it cannot be taken away', async () => {
    const { fleet, plan, one, two } = await depot(20)
    await plan()
    await db('ocpp.connection_states').where({ identity: two }).update({ disconnected_at: db.fn.now() })
    await fleet.begin(one)
    await plan()
    assert.deepEqual([...fleet.limits.values()], [20 - 2 * LEAST])
    assert.ok(fleet.peakKw() <= 20)
  })
  it('is told again to a station that refused with a plan that is made a quarter of an hour later', async () => {
    const { fleet, plan, two } = await depot(40)
    fleet.behaviour.set(two, { kind: 'result', payload: { status: 'Rejected' } })
    assert.equal(await plan(), undefined)
    fleet.behaviour.clear()
    await plan(fleet.call, new Date(Date.now() + 14 * 60_000))
    assert.equal(fleet.defaults.get(two), undefined)
    await plan(fleet.call, new Date(Date.now() + 16 * 60_000))
    assert.equal(fleet.defaults.get(two), LEAST)
  })
  it('is told again to a station that has started anew, and not to one without such profiles until it connects again', async () => {
    const { fleet, plan, one, two } = await depot(40)
    fleet.behaviour.set(two, { kind: 'result', payload: { status: 'NotSupported' } })
    assert.equal(await plan(), undefined)
    assert.equal(fleet.calls.length, 3)
    await db('ocpp.charging_defaults')
      .where({ identity: one })
      .update({ told_at: db.raw(`now() - interval '1 s'`) })
    await db('ocpp.stations').where({ identity: one }).update({ booted_at: db.fn.now() })
    await plan(fleet.call, new Date(Date.now() + 3_600_000))
    assert.deepEqual(
      fleet.calls.slice(3).map(({ identity }) => identity),
      [one],
    )
    fleet.behaviour.clear()
    await db('ocpp.connection_states')
      .where({ identity: two })
      .update({ connected_at: db.raw(`now() + interval '1 s'`) })
    await plan()
    assert.equal(fleet.defaults.get(two), LEAST)
  })
  it('is tried again a minute later where nobody answered', async () => {
    const { fleet, plan, one } = await depot(40)
    fleet.behaviour.set(one, { kind: 'timeout' })
    const again = await plan()
    assert.ok(again !== undefined && again <= new Date(Date.now() + 60_000))
    fleet.behaviour.clear()
    await plan(fleet.call, new Date(Date.now() + 61_000))
    assert.equal(fleet.defaults.get(one), LEAST)
  })
  it('is taken away with the plan, and when a station leaves', async () => {
    const { fleet, set, plan, kwAt, one } = await depot(40)
    await plan()
    await db('ocpp.stations').where({ identity: one }).update({ site_id: null, device_id: null })
    await plan()
    assert.deepEqual(kwAt(), [undefined, LEAST, LEAST])
    await set({ enabled: false })
    await plan()
    assert.deepEqual(kwAt(), [undefined, undefined, undefined])
    assert.deepEqual(await db('ocpp.charging_defaults').where({ site_id: fleet.siteId }), [])
  })
})

/** Numbers from 0 to 1 that are the same in every run. */
function* randomNumbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state * 48_271) % 2_147_483_647
    yield state / 2_147_483_647
  }
}

describe('the sum of what stations were allowed', () => {
  for (const seed of [11, 222, 3333])
    it(`never exceeds the limit, whoever comes and goes and however late they answer (${seed})`, async () => {
      const { fleet, plan, names } = await depot(40)
      const numbers = randomNumbers(seed)
      const random = (below: number) => Math.floor(numbers.next().value * below)
      const running = new Map<string, string>()
      const change = async () => {
        const [identity, connectorId] = [names[random(3)]!, 1 + random(2)]
        const place = `${identity}/${connectorId}`
        const key = running.get(place)
        if (key === undefined) running.set(place, await fleet.begin(identity, { connectorId }))
        else {
          running.delete(place)
          await fleet.finish(key)
        }
      }
      const slowly: CallStation = async call => {
        for (let turns = random(8); turns > 0; turns--) await setImmediate()
        return fleet.call(call)
      }
      await plan(slowly)
      for (let step = 0; step < 25; step++) {
        const planning = plan(slowly)
        await change()
        await planning
        assert.ok(fleet.peakKw() <= 40 + 1e-6, `${fleet.peakKw()} kW at step ${step}`)
      }
      assert.ok(fleet.peakKw() > 20)
    })
})
