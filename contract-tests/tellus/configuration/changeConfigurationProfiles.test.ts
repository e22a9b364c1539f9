import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const token = await server.operator()
const other = await server.operator('other')
const PATH = '/v1/configuration/profiles'
const FACTS = { name: 'At night', manufacturer: 'Tellus Power', model: 'TP-AC22', settings: { max_power_kw: 11 } }
const post = (body: object) => server.call('POST', PATH, { token, body })
const patch = (id: string, body: object, as = token) => server.call('PATCH', `${PATH}/${id}`, { token: as, body })
const get = (id: string, as = token) => server.call('GET', `${PATH}/${id}`, { token: as })

describe('configuration profiles', () => {
  it('are made, read and listed', async () => {
    const { status, body } = await post(FACTS)
    const { profile_id, updated_at: _, ...rest } = body.data
    assert.deepEqual([status, rest], [200, { ...FACTS, version: '1' }])
    assert.deepEqual((await get(profile_id)).body.data, body.data)
    const listed = (await server.call('GET', `${PATH}?size=100`, { token })).body.data.items
    assert.ok(listed.some((each: { profile_id: string }) => each.profile_id === profile_id))
  })

  it('change as asked, settings as a whole, and get another version each time', async () => {
    const { profile_id } = (await post({ ...FACTS, settings: { a: 1, b: { c: [2] } } })).body.data
    const seen = []
    for (const change of [
      { name: 'By day' },
      { settings: { a: 2 } },
      { version: 'summer' },
      { model: 'TP-DC180' },
      { version: '41' },
      { settings: {} },
    ]) {
      const { status, body } = await patch(profile_id, change)
      assert.equal(status, 200)
      const { name, model, settings, version } = body.data
      seen.push([name, model, settings, /^[0-9a-f-]{36}$/.test(version) ? 'label' : version])
      assert.deepEqual((await get(profile_id)).body.data, body.data)
    }
    assert.deepEqual(seen, [
      ['By day', 'TP-AC22', { a: 1, b: { c: [2] } }, '2'],
      ['By day', 'TP-AC22', { a: 2 }, '3'],
      ['By day', 'TP-AC22', { a: 2 }, 'summer'],
      ['By day', 'TP-DC180', { a: 2 }, 'label'],
      ['By day', 'TP-DC180', { a: 2 }, '41'],
      ['By day', 'TP-DC180', {}, '42'],
    ])
  })

  it('count on when they are changed at once, so that no version stands for two states', async () => {
    const { profile_id } = (await post(FACTS)).body.data
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => patch(profile_id, { settings: { index } })),
    )
    assert.equal(new Set(answers.map(({ body }) => body.data.version)).size, 8)
    assert.equal((await get(profile_id)).body.data.version, '9')
  })

  it('404 to another tenant, and nothing changes', async () => {
    const { data } = (await post(FACTS)).body
    assert.equal((await patch(data.profile_id, { name: 'theirs' }, other)).status, 404)
    assert.equal((await get(data.profile_id, other)).status, 404)
    assert.deepEqual((await get(data.profile_id)).body.data, data)
  })

  it('400 for what is no profile and a change of nothing', async () => {
    for (const change of [{ name: '' }, { settings: [] }, { settings: null }, { model: undefined }, { version: '' }])
      assert.equal((await post({ ...FACTS, ...change })).status, 400, JSON.stringify(change))
    const { profile_id } = (await post(FACTS)).body.data
    for (const body of [{}, { settings: 'x' }]) assert.equal((await patch(profile_id, body)).status, 400)
  })
})
