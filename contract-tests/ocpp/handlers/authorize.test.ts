import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as idTags from '../../../src/store/idTags.ts'
import { makeStation } from '../../support/stationCalls.ts'
import { startTestServer } from '../../support/testServer.ts'

const { services } = await startTestServer()
const { db } = services
const station = await makeStation(services)
const { tenantId } = station
const other = await makeStation(services, { tenant: 'borealis' })

const ask = async (idTag: string, who = station) =>
  ((await who.tell('Authorize', { idTag }, 'ocpp1.6')) as { idTagInfo: object }).idTagInfo
const askNew = async (idToken: string, type = 'ISO14443', who = station) =>
  ((await who.tell('Authorize', { idToken: { idToken, type } })) as { idTokenInfo: object }).idTokenInfo

describe('Authorize', () => {
  it('says what the list says of a tag, with its expiry and its group', async () => {
    const expiresAt = new Date('2100-01-01T00:00:00Z')
    await idTags.put(db, tenantId, { idTag: 'TAG-1', status: 'Accepted', expiresAt, parentIdTag: 'FLEET-7' })
    const time = '2100-01-01T00:00:00.000Z'
    assert.deepEqual(await ask('TAG-1'), { status: 'Accepted', expiryDate: time, parentIdTag: 'FLEET-7' })
    assert.deepEqual(await askNew('TAG-1'), {
      status: 'Accepted',
      cacheExpiryDateTime: time,
      groupIdToken: { idToken: 'FLEET-7', type: 'Central' },
    })
  })

  it('takes a tag in any case', async () => {
    await idTags.put(db, tenantId, { idTag: 'Mixed-Case', status: 'Blocked', expiresAt: null, parentIdTag: null })
    assert.deepEqual(await ask('MIXED-CASE'), { status: 'Blocked' })
    assert.deepEqual(await askNew('mixed-case'), { status: 'Blocked' })
  })

  it('refuses the demo tags that are blocked or expired', async () => {
    assert.deepEqual(await ask('DEMO-BLOCKED'), { status: 'Blocked' })
    assert.deepEqual(await ask('DEMO-EXPIRED'), { status: 'Expired', expiryDate: '2026-01-01T00:00:00.000Z' })
  })

  it('looks at the list of the own tenant alone', async () => {
    assert.deepEqual(await ask('DEMO-ACCEPTED'), { status: 'Accepted', parentIdTag: 'DEMO-FLEET' })
    assert.deepEqual(await ask('DEMO-ACCEPTED', other), { status: 'Blocked' })
  })

  it('accepts unknown tags while the tenant has set so, and calls them Invalid or Unknown otherwise', async () => {
    assert.deepEqual(await ask('NEVER-SEEN'), { status: 'Accepted' })
    await idTags.setUnknown(db, tenantId, 'reject')
    assert.deepEqual(await ask('NEVER-SEEN'), { status: 'Invalid' })
    assert.deepEqual(await askNew('NEVER-SEEN'), { status: 'Unknown' })
    assert.deepEqual(await askNew('', 'NoAuthorization'), { status: 'Accepted' })
    assert.deepEqual(await askNew('NEVER-SEEN', 'ISO14443', other), { status: 'Accepted' })
  })
})

describe('the list of id tags', () => {
  const blocked = { status: 'Blocked' as const, expiresAt: null, parentIdTag: null }

  it('holds a tag once, whatever its case, and forgets it', async () => {
    assert.equal(await idTags.put(db, other.tenantId, { ...blocked, idTag: 'Once' }), true)
    assert.equal(await idTags.put(db, other.tenantId, { ...blocked, idTag: 'ONCE', parentIdTag: 'G' }), false)
    const { items } = await idTags.list(db, other.tenantId, { limit: 10, offset: 1 })
    assert.deepEqual(items, [{ ...blocked, idTag: 'Once', parentIdTag: 'G' }])
    assert.equal(await idTags.remove(db, tenantId, 'once'), false)
    assert.equal(await idTags.remove(db, other.tenantId, 'once'), true)
    assert.equal(await idTags.remove(db, other.tenantId, 'once'), false)
  })
})
