import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const token = await server.operator('other')
const get = async (query = '') => (await server.call('GET', `/v1/firmware/versions${query}`, { token })).body.data

/** The other demo tenant has one charger of two models; these make it three models with known versions. */
const register = (sn: string, model: string, firmware_version: string) =>
  server.call('POST', '/v1/device/register', {
    token,
    body: { sn, model, manufacturer: 'Tellus Power', firmware_version },
  })
await server.services.db('core.devices').where('sn', 'like', 'BOR-%').update({ firmware_version: 'old' })
for (const [index, version] of ['3.1.0', '3.1.0', 'beta'].entries()) await register(`FW-${index}`, 'TP-DC180', version)
await register('FW-9', 'HOME-MADE', '1')

describe('listFirmwareVersions', () => {
  it('200 with the adoption of each model, what the catalogue calls latest, and a summary of all', async () => {
    assert.deepEqual(await get(), {
      items: [
        {
          model: 'HOME-MADE',
          manufacturer: 'Tellus Power',
          latest_version: null,
          total_devices: 1,
          on_latest: 0,
          adoption_percentage: 0,
          versions: [{ version: '1', count: 1 }],
        },
        {
          model: 'TP-AC22',
          manufacturer: 'Tellus Power',
          latest_version: '1.6.2',
          total_devices: 1,
          on_latest: 0,
          adoption_percentage: 0,
          versions: [{ version: 'old', count: 1 }],
        },
        {
          model: 'TP-DC180',
          manufacturer: 'Tellus Power',
          latest_version: '3.1.0',
          total_devices: 4,
          on_latest: 2,
          adoption_percentage: 50,
          versions: [
            { version: '3.1.0', count: 2 },
            { version: 'beta', count: 1 },
            { version: 'old', count: 1 },
          ],
        },
      ],
      total: 3,
      page: 1,
      size: 3,
      summary: { total_devices: 6, on_latest: 2, adoption_percentage: 33.3 },
    })
  })
  it('pages by model, and the summary is of all pages', async () => {
    const { items, total, page, size, summary } = await get('?size=2&page=2')
    assert.deepEqual([items.map(({ model }: { model: string }) => model), total, page, size], [['TP-DC180'], 3, 2, 2])
    assert.equal(summary.total_devices, 6)
    const past = await get('?size=2&page=9')
    assert.deepEqual([past.items, past.total, past.summary], [[], 3, summary])
  })
  it('follows a successful upgrade', async () => {
    const device = await register('FW-8', 'TP-AC22', '1.5.0')
    const { device_id, device_secret } = device.body.data
    const credentials = { device_id, device_secret, grant_type: 'client_credentials' }
    const own = (await server.call('POST', '/v1/device/token', { body: credentials })).body.access_token
    const body = { firmware_version: '1.6.2', status: 'success' }
    await server.call('POST', '/v1/device/firmware/status', { token: own, body })
    const { on_latest, total_devices } = (await get()).items[1]
    assert.deepEqual([on_latest, total_devices], [1, 2])
  })
})
