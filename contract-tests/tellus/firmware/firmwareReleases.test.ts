import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const token = await server.operator()
const other = await server.operator('other')
const PATH = '/v1/firmware/releases'
const AC22 = { manufacturer: 'Tellus Power', model: 'TP-AC22' }

interface Release {
  release_id: string
  version: string
  is_latest: boolean
  origin: string
}

const post = (body: object, as = token) => server.call('POST', PATH, { token: as, body })
const patch = (id: string, body: object, as = token) => server.call('PATCH', `${PATH}/${id}`, { token: as, body })
const get = (id: string, as = token) => server.call('GET', `${PATH}/${id}`, { token: as })
const list = async (query: Record<string, string>, as = token): Promise<Release[]> => {
  const { body } = await server.call('GET', `${PATH}?${new URLSearchParams({ size: '100', ...query })}`, { token: as })
  return body.data.items
}
const create = async (change: object, as = token): Promise<Release> => {
  const { status, body } = await post({ ...AC22, version: randomUUID(), ...change }, as)
  assert.equal(status, 200, JSON.stringify(body))
  return body.data
}
const latest = async (model: string, as = token) => {
  const { body } = await server.call('GET', '/v1/firmware/versions', { token: as })
  return body.data.items.find((each: { model: string }) => each.model === model)?.latest_version
}

describe('firmware releases', () => {
  it('are made, read and changed', async () => {
    const facts = {
      ...AC22,
      version: randomUUID(),
      notes: 'Fewer reconnections',
      download_url: 'https://firmware.example.com/x.bin',
      sha256: '0'.repeat(64),
    }
    const made = await post(facts)
    const { release_id, created_at, updated_at, ...rest } = made.body.data
    assert.deepEqual(rest, { ...facts, is_latest: false, origin: 'own' })
    assert.equal(created_at, updated_at)
    assert.deepEqual((await get(release_id)).body.data, made.body.data)
    const changed = await patch(release_id, { notes: null, sha256: '1'.repeat(64) })
    const expected = { ...made.body.data, notes: null, sha256: '1'.repeat(64) }
    assert.deepEqual(changed.body.data, { ...expected, updated_at: changed.body.data.updated_at })
  })

  it("are those of the catalogue and the tenant's own, by model", async () => {
    const mine = await create({})
    const theirs = await create({}, other)
    const seen = await list(AC22)
    assert.ok(seen.some(({ origin }) => origin === 'catalogue'))
    assert.ok(seen.some(({ release_id }) => release_id === mine.release_id))
    assert.ok(!seen.some(({ release_id }) => release_id === theirs.release_id))
    assert.deepEqual(await list({ model: 'no such model' }), [])
    assert.equal((await get(theirs.release_id)).status, 404)
    assert.equal((await patch(theirs.release_id, { notes: 'mine' })).status, 404)
  })

  it('409 for a version that the tenant has, which another tenant may have too', async () => {
    const { version } = await create({})
    assert.equal((await post({ ...AC22, version })).status, 409)
    assert.equal((await post({ ...AC22, version, is_latest: true })).status, 409)
    await create({ version }, other)
  })

  it('409 for a change of the catalogue, and it stays as it was', async () => {
    const found = (await list(AC22)).find(({ origin }) => origin === 'catalogue')!
    assert.equal((await patch(found.release_id, { notes: 'mine' })).status, 409)
    assert.deepEqual((await get(found.release_id)).body.data, found)
  })

  it('400 for what is no release and a change of nothing', async () => {
    for (const change of [{ version: '' }, { sha256: 'x' }, { download_url: 'javascript:alert(1)' }, { is_latest: 1 }])
      assert.equal((await post({ ...AC22, version: 'x', ...change })).status, 400, JSON.stringify(change))
    const { release_id } = await create({})
    for (const body of [{}, { is_latest: null }]) assert.equal((await patch(release_id, body)).status, 400)
  })
})

describe('the latest release', () => {
  it('is what adoption is measured by, for its tenant only, and one at a time', async () => {
    const model = 'TP-DC180-V2G'
    await server.charger(model)
    const theirs = await server.call('POST', '/v1/devices', {
      token: other,
      body: { sn: randomUUID(), manufacturer: 'Tellus Power', model, firmware_version: '1' },
    })
    assert.equal(theirs.status, 200)
    const catalogue = await latest(model)
    assert.ok(catalogue)
    const first = await create({ model, is_latest: true })
    assert.equal(await latest(model), first.version)
    assert.equal(await latest(model, other), catalogue)
    const second = await create({ model })
    assert.equal(await latest(model), first.version)
    await patch(second.release_id, { is_latest: true })
    assert.equal(await latest(model), second.version)
    assert.equal((await get(first.release_id)).body.data.is_latest, false)
    await patch(second.release_id, { is_latest: false })
    assert.equal(await latest(model), catalogue)
  })

  it('is one also when several are marked at once', async () => {
    const model = randomUUID()
    const releases = await Promise.all(Array.from({ length: 8 }, () => create({ model })))
    const answers = await Promise.all(releases.map(({ release_id }) => patch(release_id, { is_latest: true })))
    for (const { status } of answers) assert.equal(status, 200)
    assert.equal((await list({ model })).filter(({ is_latest }) => is_latest).length, 1)
  })
})
