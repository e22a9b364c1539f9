import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const get = async (who: 'demo' | 'other', query = '') =>
  server.call('GET', `/v1/configuration/profiles${query}`, { token: await server.operator(who) })

describe('listConfigurationProfiles', () => {
  it("200 with the tenant's profiles by name", async () => {
    const { status, body } = await get('demo')
    assert.deepEqual([status, body.data.total, body.data.page, body.data.size], [200, 3, 1, 20])
    const [{ profile_id, updated_at, ...profile }] = body.data.items
    assert.deepEqual(profile, {
      name: 'TP-AC22 standard',
      manufacturer: 'Tellus Power',
      model: 'TP-AC22',
      version: '1',
      settings: { max_power_kw: 22, heartbeat_interval_s: 30, telemetry_interval_s: 5 },
    })
    assert.equal(updated_at, new Date(updated_at).toISOString())
  })
  it("shows no other tenant's profiles", async () => {
    const ids = async (who: 'demo' | 'other') =>
      (await get(who)).body.data.items.map(({ profile_id }: { profile_id: string }) => profile_id)
    const mine = await ids('demo')
    assert.deepEqual(
      (await ids('other')).filter((id: string) => mine.includes(id)),
      [],
    )
  })
  it('pages, also past the end', async () => {
    assert.equal((await get('demo', '?size=2&page=2')).body.data.items.length, 1)
    const { items, total } = (await get('demo', '?size=2&page=3')).body.data
    assert.deepEqual([items, total], [[], 3])
  })
})
