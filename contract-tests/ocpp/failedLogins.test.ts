import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { hashSecret } from '../../src/auth/secrets.ts'
import * as stations from '../../src/store/ocppStations.ts'
import * as tenants from '../../src/store/tenants.ts'
import { closeStations, connectRaw, refusedHandshake } from '../support/rawStation.ts'
import { openTestDatabase, startServerOn, type TestServer } from '../support/testServer.ts'

/** Failed logins are counted in the database: by all processes together, and on after a restart. */

const database = await openTestDatabase()
const environment = { TRUST_PROXY: '1' }
const first = await startServerOn(database, environment)
const second = await startServerOn(database, environment)
const { db } = first.services
const acme = (await tenants.findBySlug(db, 'acme'))!
const borealis = (await tenants.findBySlug(db, 'borealis'))!
for (const [identity, tenantId] of [
  ['GUESSED-1', acme],
  ['GUESSED-2', acme],
  ['GUESSED-3', borealis],
] as const)
  await stations.create(db, { identity, tenantId, passwordHash: hashSecret('right') })
after(async () => {
  closeStations()
  await Promise.all([first.close(), second.close()])
  await database.drop()
})

let addresses = 0
const newAddress = () => `10.1.0.${++addresses}`
const guess = async (on: TestServer, ip: string, identity = 'GUESSED-1') => {
  const headers = { 'x-forwarded-for': ip }
  assert.equal((await refusedHandshake(on.url, { identity, password: 'wrong', headers })).status, 401)
}
const guessBoard = async (on: TestServer, ip: string) => {
  const headers = { 'x-forwarded-for': ip }
  assert.equal((await on.call('POST', '/api/auth/login', { body: { token: randomUUID() }, headers })).status, 401)
}
const eventsFrom = (ip: string) =>
  db('ocpp.security_events')
    .select('tenant_id', 'identity', 'severity', db.raw(`details->'attempt' as attempt`))
    .where({ category: 'AUTH_FAILED' })
    .whereRaw(`details->>'ip' = ?`, [ip])
    .orderBy('event_id')
const attemptsFrom = async (ip: string) => (await eventsFrom(ip)).map(({ attempt }) => attempt)

describe('failed logins of a station', () => {
  it('are counted by all processes together, and get worse', async () => {
    const ip = newAddress()
    for (const on of [first, second, second, first, second, first]) await guess(on, ip)
    const events = await eventsFrom(ip)
    const severities = ['low', 'low', 'medium', 'medium', 'medium', 'high']
    assert.deepEqual(
      events,
      severities.map((severity, index) => ({ tenant_id: acme, identity: 'GUESSED-1', severity, attempt: index + 1 })),
    )
  })

  it('are counted on by a process that has just started', async () => {
    const ip = newAddress()
    for (let attempt = 1; attempt <= 2; attempt++) await guess(first, ip)
    const fresh = await startServerOn(database, environment)
    await guess(fresh, ip)
    await fresh.close()
    assert.deepEqual(await attemptsFrom(ip), [1, 2, 3])
  })

  it('that come all at once get a number each', async () => {
    const ip = newAddress()
    await Promise.all(Array.from({ length: 8 }, (_, index) => guess(index % 2 === 0 ? first : second, ip)))
    assert.deepEqual(await attemptsFrom(ip), [1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('begin anew when the station gets in from there, to whichever process', async () => {
    const ip = newAddress()
    const headers = { 'x-forwarded-for': ip }
    await guess(first, ip)
    await guess(first, ip)
    await (await connectRaw(second.url, { identity: 'GUESSED-1', password: 'right', headers })).close()
    await guess(first, ip)
    assert.deepEqual(await attemptsFrom(ip), [1, 2, 1])
  })

  it('are counted for each name and each address', async () => {
    const [one, another] = [newAddress(), newAddress()]
    await guess(first, one)
    await guess(first, one, 'GUESSED-2')
    await guess(first, one, 'GUESSED-3')
    await guess(first, another)
    const events = [...(await eventsFrom(one)), ...(await eventsFrom(another))]
    assert.deepEqual(
      events.map(({ tenant_id, identity, attempt }) => [tenant_id, identity, attempt]),
      [
        [acme, 'GUESSED-1', 1],
        [acme, 'GUESSED-2', 1],
        [borealis, 'GUESSED-3', 1],
        [acme, 'GUESSED-1', 1],
      ],
    )
  })

  it('are forgotten after a quarter of an hour without one', async () => {
    for (const [minutes, next] of [
      [14, 8],
      [16, 1],
    ] as const) {
      const ip = newAddress()
      await db('ocpp.security_events').insert({
        tenant_id: acme,
        category: 'AUTH_FAILED',
        identity: 'GUESSED-1',
        message: '',
        severity: 'high',
        details: JSON.stringify({ ip, attempt: 7 }),
        time: db.raw('now() - make_interval(mins => ?)', [minutes]),
      })
      await guess(first, ip)
      assert.equal((await attemptsFrom(ip)).at(-1), next)
    }
  })
})

describe('failed logins to the board', () => {
  it('are counted by all processes together, and apart from those of stations', async () => {
    const ip = newAddress()
    await guess(first, ip)
    for (const on of [first, second, first]) await guessBoard(on, ip)
    const events = await eventsFrom(ip)
    assert.deepEqual(
      events.map(({ identity, attempt, severity }) => [identity, attempt, severity]),
      [
        ['GUESSED-1', 1, 'low'],
        ['UNKNOWN', 1, 'low'],
        ['UNKNOWN', 2, 'low'],
        ['UNKNOWN', 3, 'medium'],
      ],
    )
  })
})
