import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const token = await server.operator()
const other = await server.operator('other')
const PATH = '/v1/organizations'
const post = (body: object, as = token) => server.call('POST', PATH, { token: as, body })
const patch = (id: string, body: object, as = token) => server.call('PATCH', `${PATH}/${id}`, { token: as, body })
const get = async (id: string, as = token) => (await server.call('GET', `${PATH}/${id}`, { token: as })).body.data

describe('organizations', () => {
  it('are made, read and changed, and are the operators of the tenant', async () => {
    const organization_id = `acme-${randomUUID()}`
    const facts = { organization_id, name: 'Acme Ireland', country: 'IE' }
    const made = await post(facts)
    assert.deepEqual([made.status, made.body.data], [200, { ...facts, status: 'active' }])
    assert.deepEqual(await get(organization_id), made.body.data)
    const changed = await patch(organization_id, { status: 'suspended' })
    assert.deepEqual(changed.body.data, { ...facts, status: 'suspended' })
    await patch(organization_id, { name: 'Acme Éire' })
    assert.deepEqual(await get(organization_id), { ...facts, name: 'Acme Éire', status: 'suspended' })
    const operator = await server.call('GET', `/v1/operators/${organization_id}`, { token })
    assert.equal(operator.body.data.name, 'Acme Éire')
    const { body } = await server.call('GET', `${PATH}?size=100`, { token })
    assert.ok(body.data.items.some((each: typeof facts) => each.organization_id === organization_id))
  })

  it('get an id of their own where none is given, and 409 for one that is taken by whatever tenant', async () => {
    const { organization_id: id } = (await post({ name: 'x', country: 'GB' })).body.data
    assert.match(id, /^[0-9a-f-]{36}$/)
    for (const as of [token, other]) {
      const { status, body } = await post({ organization_id: id, name: 'y', country: 'FR' }, as)
      assert.deepEqual([status, body.code], [409, 4001])
    }
    assert.equal((await get(id)).name, 'x')
  })

  it('404 to another tenant, and nothing changes', async () => {
    const { organization_id: id } = (await post({ name: 'x', country: 'GB' })).body.data
    assert.equal((await patch(id, { name: 'theirs' }, other)).status, 404)
    assert.equal((await get(id)).name, 'x')
  })

  it('400 for what is no organization and for a change of nothing', async () => {
    for (const body of [
      { name: 'x' },
      { name: '', country: 'GB' },
      { name: 'x', country: 'gb' },
      { name: 'x', country: 'GB', status: 'gone' },
      { name: 'x', country: 'GB', organization_id: 'Not A Slug' },
    ])
      assert.equal((await post(body)).status, 400, JSON.stringify(body))
    const { organization_id: id } = (await post({ name: 'x', country: 'GB' })).body.data
    for (const body of [{}, { country: 'GBR' }, { name: null }]) assert.equal((await patch(id, body)).status, 400)
  })
})
