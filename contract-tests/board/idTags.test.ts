import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as idTags from '../../src/store/idTags.ts'
import { startTestServer } from '../support/testServer.ts'
import { openBoard } from './board.ts'

/** Tags by which a tenant's drivers charge. */

const server = await startTestServer()
const { get, send, tenantId, otherTenantId } = await openBoard(server)
const { db } = server.services
const put = (idTag: string, body: object, who: 'demo' | 'other' = 'demo') =>
  send('PUT', `/id-tags/${encodeURIComponent(idTag)}`, who, body)
const statusOf = async (idTag: string, tenant = tenantId) => (await idTags.check(db, tenant, idTag)).status

describe('an id tag', () => {
  it('201 when it is new and 200 when it was known, whatever its case', async () => {
    const tag = { status: 'Accepted', expiresAt: '2999-01-01T00:00:00.000Z', parentIdTag: 'FLEET-7' }
    const made = await put('NEW-TAG', tag)
    assert.deepEqual([made.status, made.body], [201, { idTag: 'NEW-TAG', ...tag }])
    assert.equal(await statusOf('new-tag'), 'Accepted')
    const blocked = await put('new-tag', { status: 'Blocked' })
    assert.equal(blocked.status, 200)
    assert.deepEqual([blocked.body.expiresAt, blocked.body.parentIdTag], [null, null])
    assert.equal(await statusOf('NEW-TAG'), 'Blocked')
  })

  it('expires', async () => {
    await put('OLD-TAG', { status: 'Accepted', expiresAt: '2020-01-01T00:00:00Z' })
    assert.equal(await statusOf('OLD-TAG'), 'Expired')
  })

  it('is one of each tenant for itself', async () => {
    await put('BOTH', { status: 'Accepted' })
    assert.equal((await put('BOTH', { status: 'Blocked' }, 'other')).status, 201)
    assert.deepEqual([await statusOf('BOTH'), await statusOf('BOTH', otherTenantId)], ['Accepted', 'Blocked'])
    assert.equal((await send('DELETE', '/id-tags/BOTH', 'other')).status, 200)
    assert.equal((await send('DELETE', '/id-tags/BOTH', 'other')).status, 404)
    assert.equal(await statusOf('BOTH'), 'Accepted')
  })

  it('is listed by name until it is removed', async () => {
    await put('AAA-FIRST', { status: 'Accepted' })
    const [first] = (await get('/id-tags?limit=1')).body
    assert.deepEqual(first, { idTag: 'AAA-FIRST', status: 'Accepted', expiresAt: null, parentIdTag: null })
    const removed = await send('DELETE', '/id-tags/aaa-first')
    assert.deepEqual([removed.status, removed.body], [200, { success: true }])
    const again = await send('DELETE', '/id-tags/aaa-first')
    assert.deepEqual([again.status, again.body], [404, { error: 'Not found' }])
    const list = await get('/id-tags')
    assert.equal(list.headers.get('x-total-count'), String(list.body.length))
    assert.ok(list.body.every(({ idTag }: { idTag: string }) => idTag !== 'AAA-FIRST'))
  })

  it('400 for values that are none', async () => {
    for (const body of [{}, { status: 'Expired' }, { status: 'Accepted', expiresAt: 'tomorrow' }])
      assert.equal((await put('BAD-TAG', body)).status, 400, JSON.stringify(body))
    assert.equal((await put('x'.repeat(37), { status: 'Accepted' })).status, 400)
  })

  it('is written with its author in the audit log', async () => {
    await put('KEPT', { status: 'Accepted' })
    await send('DELETE', '/id-tags/KEPT')
    const rows = await db('ops.audit_logs')
      .select('action', 'actor', 'status')
      .whereLike('path', '%/KEPT')
      .orderBy('audit_id')
    assert.deepEqual(rows, [
      { action: 'setIdTag', actor: 'board:admin', status: 201 },
      { action: 'deleteIdTag', actor: 'board:admin', status: 200 },
    ])
  })
})
