import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { createFleet } from '../support/stationFleet.ts'
import { startTestServer } from '../support/testServer.ts'
import { openBoard } from './board.ts'

const server = await startTestServer()
const { call } = await openBoard(server)
const { db } = server.services
const { siteId } = await createFleet(db, { 'SC-1': 'ocpp1.6' })
const path = `/sites/${siteId}/smart-charging`
const settings = { limitKw: 120, strategy: 'equal_share' }
const put = (body: object, who?: 'demo' | 'other') => call('PUT', path, { body, who })

describe('PUT /sites/{id}/smart-charging', () => {
  it('404 from GET before anything was set', async () => {
    assert.deepEqual((await call('GET', path)).body, { error: 'Not found' })
  })
  it('200 with what was left out filled in, and GET answers the same', async () => {
    const { status, body } = await put(settings)
    assert.equal(status, 200)
    assert.deepEqual(body, {
      siteId,
      enabled: true,
      limitKw: 120,
      marginPercent: 0,
      strategy: 'equal_share',
      priorities: {},
      timeZone: 'Europe/London',
      windows: [],
      prices: null,
      connectors: [],
      consent: false,
    })
    assert.deepEqual((await call('GET', path)).body, body)
  })
  it('200 with everything, and what was set before is gone after the next', async () => {
    const whole = {
      enabled: false,
      limitKw: 80.5,
      marginPercent: 5,
      strategy: 'time_of_use',
      priorities: { default: 2, idTags: { BUS: 10 }, connectors: { 'SC-1/1': 3 }, stations: { 'SC-1': 4 } },
      timeZone: 'America/New_York',
      windows: [{ start: '22:00', end: '06:00', days: ['fri'], limitPercent: 20 }],
      prices: { marketType: 4, steps: [{ from: 100.5, limitPercent: 0 }] },
      connectors: [{ identity: 'SC-1', connectorId: 1, minimumKw: 2, maximumKw: 7.4, phases: 1, unit: 'A' }],
      consent: true,
    }
    assert.deepEqual((await put(whole)).body, { siteId, ...whole })
    const { body } = await put(settings)
    assert.deepEqual([body.priorities, body.windows, body.prices, body.connectors], [{}, [], null, []])
  })
  it('the consent stays until it is taken back', async () => {
    const consent = () => db('core.sites').where({ site_id: siteId }).pluck('ocpp_consent')
    assert.deepEqual(await consent(), [true])
    assert.equal((await put({ ...settings, consent: false })).body.consent, false)
    assert.deepEqual(await consent(), [false])
  })
  it('404 for a site of another tenant, which stays as it was', async () => {
    assert.equal((await put({ ...settings, limitKw: 1 }, 'other')).status, 404)
    assert.equal((await call('GET', path, { who: 'other' })).status, 404)
    assert.equal((await call('GET', path)).body.limitKw, 120)
  })
  it('404 for a site that there is not', async () => {
    assert.equal((await call('PUT', `/sites/${randomUUID()}/smart-charging`, { body: settings })).status, 404)
  })
  for (const [what, wrong] of [
    ['a negative limit', { limitKw: -1 }],
    ['a margin of everything', { marginPercent: 100 }],
    ['an unknown strategy', { strategy: 'fair' }],
    ['an unknown zone', { timeZone: 'Mars/Olympus' }],
    ['a time that there is not', { windows: [{ start: '24:00', end: '01:00', limitPercent: 1 }] }],
    ['a day that there is not', { windows: [{ start: '23:00', end: '01:00', days: ['day'], limitPercent: 1 }] }],
    ['more than the whole limit', { windows: [{ start: '23:00', end: '01:00', limitPercent: 101 }] }],
    ['prices without steps', { prices: { marketType: 1, steps: [] } }],
    ['a weight of nothing', { priorities: { idTags: { BUS: 0 } } }],
    ['a minimum above the maximum', { connectors: [{ identity: 'SC-1', minimumKw: 8, maximumKw: 7 }] }],
    ['time_of_use without times and prices', { strategy: 'time_of_use' }],
    ['NUL in a name', { priorities: { idTags: { 'a\0b': 1 } } }],
  ] as const)
    it(`400 for ${what}`, async () => assert.equal((await put({ ...settings, ...wrong })).status, 400))
})
