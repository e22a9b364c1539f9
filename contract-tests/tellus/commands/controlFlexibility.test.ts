import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { liftFlexibility } from '../../../src/jobs/liftFlexibility.ts'
import { sample, site } from '../../support/bodies.ts'
import { startTestServer, type TestCharger } from '../../support/testServer.ts'
import { whileUncommitted } from '../../support/whileUncommitted.ts'

const server = await startTestServer()
const token = await server.operator()
const other = await server.operator('other')
const { db } = server.services

interface Place {
  siteId: string
  chargers: TestCharger[]
}
/** A site of the demo tenant with a charger of each model. */
async function place(models: string[], power_capacity = 176): Promise<Place> {
  const chargers: TestCharger[] = []
  for (const model of models) chargers.push(await server.charger(model))
  const body = site({ power_capacity, device_ids: chargers.map(({ deviceId }) => deviceId) })
  await server.call('POST', '/v1/device/site', { token, body })
  return { siteId: body.site_id, chargers }
}
const control = (body: unknown, as = token) => server.call('POST', '/v1/control/flexibility', { token: as, body })
const limit = ({ siteId }: Place, params: object, command = 'set_power_limit') =>
  control({ target_type: 'site', target_ids: [siteId], command, params: { duration: 600, ...params } })
const queued = async ({ chargers }: Place) => {
  const ids = chargers.map(({ deviceId }) => deviceId)
  const rows = await db('core.commands').whereIn('device_id', ids).orderBy('sequence')
  return rows.map(({ command, device_id, connector_id, params }) => ({
    command,
    charger: ids.indexOf(device_id),
    connector_id,
    params,
  }))
}
const powers = async (where: Place, name: string) => (await queued(where)).map(({ params }) => params[name])

describe('controlFlexibility', () => {
  it('200 with a command for each connector, which limit the site to the percentage of its capacity', async () => {
    const where = await place(['TP-DC180', 'TP-DC180-V2G'], 176)
    const { status, body } = await limit(where, { power_limit_percent: 50, reason: 'peak' })
    assert.equal(status, 200)
    const { control_id, commands } = body.data
    assert.deepEqual(body, { code: 0, message: 'success', data: { control_id, status: 'executing', commands } })
    const connectors = where.chargers.flatMap(({ deviceId }) => [1, 2].map(connector_id => [deviceId, connector_id]))
    assert.deepEqual(
      commands.map((each: { device_id: string; connector_id: number }) => [each.device_id, each.connector_id]),
      connectors,
    )
    assert.deepEqual(
      await queued(where),
      [0, 0, 1, 1].map((charger, index) => {
        const connector_id = 1 + (index % 2)
        const params = { connector_id, power_limit: 22, duration: 600, reason: 'peak' }
        return { command: 'set_power_limit', charger, connector_id, params }
      }),
    )
    const { command_id } = commands[0]
    const shown = await server.call('GET', `/v1/commands/${command_id}`, { token })
    assert.deepEqual([shown.body.data.control_id, shown.body.data.status], [control_id, 'queued'])
  })
  it('gives what a small connector cannot take to the others, and no connector more than its rating', async () => {
    const where = await place(['TP-AC22', 'TP-DC180'], 400)
    await limit(where, { power_limit: 100 })
    assert.deepEqual(await powers(where, 'power_limit'), [22, 39, 39])
    await limit(where, { power_limit_percent: 100 })
    assert.deepEqual((await powers(where, 'power_limit')).slice(3), [22, 180, 180])
  })
  it('takes a limit in kW, and prefers it to one in percent', async () => {
    const where = await place(['TP-DC180'])
    await limit(where, { power_limit: 30, power_limit_percent: 100 })
    assert.deepEqual(await powers(where, 'power_limit'), [15, 15])
  })
  it('pauses charging with a limit of 0 kW, so that sessions go on afterwards', async () => {
    const where = await place(['TP-DC180'])
    assert.equal((await limit(where, {}, 'pause_charging')).status, 200)
    const commands = await queued(where)
    assert.deepEqual(
      commands.map(({ command, params }) => [command, params.power_limit]),
      Array(2).fill(['set_power_limit', 0]),
    )
  })
  it('lets those discharge that can', async () => {
    const where = await place(['TP-AC22', 'TP-DC180', 'TP-DC180-V2G'])
    await limit(where, { discharge_power: 50, min_soc: 30 }, 'discharge')
    const expected = [1, 2].map(connector_id => ({
      command: 'discharge',
      charger: 2,
      connector_id,
      params: { connector_id, discharge_power: 25, duration: 600, min_soc: 30 },
    }))
    assert.deepEqual(await queued(where), expected)
    await limit(where, { power_limit_percent: 100 }, 'discharge')
    assert.deepEqual((await powers(where, 'discharge_power')).slice(2), [60, 60])
  })
  it('reaches every site of an operator or of the tenant, and no one else', async () => {
    const where = await place(['TP-AC22'])
    const sites = await db('core.sites').where({ operator_id: 'acme-charging-uk' })
    const params = { power_limit_percent: 50, duration: 600 }
    for (const target of [{ target_type: 'operator', target_ids: ['acme-charging-uk'] }, { target_type: 'all' }]) {
      const { status, body } = await control({ ...target, command: 'set_power_limit', params })
      assert.equal(status, 200)
      const ids: string[] = body.data.commands.map(({ command_id }: { command_id: string }) => command_id)
      const reached = await db('core.commands as c')
        .join('core.devices as d', 'd.device_id', 'c.device_id')
        .whereIn('command_id', ids)
        .distinct('d.site_id', 'd.tenant_id')
      assert.deepEqual(
        reached.map(({ site_id }) => site_id).sort(),
        sites
          .map(({ site_id }) => site_id)
          .filter((id: string) => reached.some(({ site_id }) => site_id === id))
          .sort(),
      )
      assert.ok(reached.some(({ site_id }) => site_id === where.siteId))
      assert.equal(new Set(reached.map(({ tenant_id }) => tenant_id)).size, 1)
      assert.ok(reached.length >= 4, 'the three demo sites and this one')
    }
  })
  it('counts a target that is named twice once', async () => {
    const where = await place(['TP-AC22'])
    const params = { power_limit: 10, duration: 600 }
    await control({ target_type: 'site', target_ids: [where.siteId, where.siteId], command: 'set_power_limit', params })
    assert.deepEqual(await powers(where, 'power_limit'), [10])
  })
  it('queues nothing for a site without chargers', async () => {
    const { status, body } = await limit(await place([]), { power_limit: 10 })
    assert.deepEqual([status, body.data.commands], [200, []])
  })
  it('404 for a foreign or unknown target beside good ones, and queues nothing', async () => {
    const where = await place(['TP-AC22'])
    const before = await db('core.flexibility_controls').count()
    const params = { power_limit: 10, duration: 600 }
    const foreign = 'c9f3d7e1-5b2a-4c6d-9e8f-7a1b3c5d9e44'
    for (const target_ids of [
      [where.siteId, foreign],
      [where.siteId, randomUUID()],
    ]) {
      const { status, body } = await control({ target_type: 'site', target_ids, command: 'set_power_limit', params })
      assert.deepEqual([status, body.code, body.data], [404, 3001, null])
    }
    for (const id of ['borealis-gb', 'nobody']) {
      const target_ids = ['acme-charging-uk', id]
      const { status } = await control({ target_type: 'operator', target_ids, command: 'set_power_limit', params })
      assert.equal(status, 404)
    }
    const asOther = await control(
      { target_type: 'site', target_ids: [where.siteId], command: 'set_power_limit', params },
      other,
    )
    assert.equal(asOther.status, 404)
    assert.deepEqual(await queued(where), [])
    assert.deepEqual(await db('core.flexibility_controls').count(), before)
  })
  it('400 for what says too little or nonsense, and queues nothing', async () => {
    const where = await place(['TP-AC22'])
    const good = {
      target_type: 'site',
      target_ids: [where.siteId],
      command: 'set_power_limit',
      params: { power_limit: 10, duration: 600 },
    }
    const params = (change: object) => ({ params: { ...good.params, ...change } })
    const wrong = [
      ...['target_type', 'target_ids', 'command', 'params'].map(field => ({ [field]: undefined })),
      { target_type: 'planet' },
      { target_ids: [] },
      { command: 'explode' },
      params({ duration: undefined }),
      params({ duration: 0 }),
      params({ duration: 1.5 }),
      params({ power_limit: undefined }),
      params({ power_limit: -1 }),
      params({ power_limit: undefined, power_limit_percent: 101 }),
      { command: 'discharge' },
    ]
    for (const change of wrong) {
      const { status, body } = await control({ ...good, ...change })
      assert.deepEqual([status, body.data], [400, null], JSON.stringify(change))
    }
    assert.deepEqual(await queued(where), [])
  })
})

describe('a flexibility control', () => {
  it('is lifted after its duration', async () => {
    const where = await place(['TP-DC180'])
    const { body } = await limit(where, { power_limit: 20, duration: 1 })
    const charger = where.chargers[0]!
    const limits: unknown[] = []
    while (limits.length < 4) {
      const answer = await server.call('GET', '/v1/device/commands?wait=5', { token: charger.token })
      assert.notEqual(answer.body.data, null, 'the limit was not lifted')
      const { command, connector_id, params, command_id } = answer.body.data
      limits.push([command, connector_id, params.power_limit ?? `${params.power_limit_percent} %`])
      const shown = await server.call('GET', `/v1/commands/${command_id}`, { token })
      assert.equal(shown.body.data.control_id, body.data.control_id)
    }
    assert.deepEqual(limits, [
      ['set_power_limit', 1, 10],
      ['set_power_limit', 2, 10],
      ['set_power_limit', 1, '100 %'],
      ['set_power_limit', 2, '100 %'],
    ])
  })
  it('is lifted once, however often its job runs', async () => {
    const where = await place(['TP-AC22'])
    const { control_id: controlId } = (await limit(where, { power_limit: 5 })).body.data
    await Promise.all([1, 2, 3].map(() => liftFlexibility(db, { controlId }, 300)))
    assert.equal((await queued(where)).length, 2)
  })
  it('is not lifted from a connector that a later control limits still', async () => {
    const where = await place(['TP-AC22'])
    const first = (await limit(where, { power_limit: 5 })).body.data.control_id
    const second = (await limit(where, { power_limit: 3 })).body.data.control_id
    await liftFlexibility(db, { controlId: first }, 300)
    assert.equal((await queued(where)).length, 2)
    await liftFlexibility(db, { controlId: second }, 300)
    assert.deepEqual((await powers(where, 'power_limit_percent')).slice(2), [100])
  })
  it('leaves what an earlier control that is still in force asked for', async () => {
    const where = await place(['TP-AC22'])
    const first = (await limit(where, { power_limit: 5 })).body.data.control_id
    const second = (await limit(where, { power_limit: 3 })).body.data.control_id
    await liftFlexibility(db, { controlId: second }, 300)
    assert.deepEqual(await powers(where, 'power_limit'), [5, 3, 5])
    await liftFlexibility(db, { controlId: first }, 300)
    assert.deepEqual((await powers(where, 'power_limit_percent')).slice(3), [100])
  })
  it('that ends together with another is not taken by it for one that is in force', async () => {
    const where = await place(['TP-AC22'])
    const first = (await limit(where, { power_limit: 5 })).body.data.control_id
    const second = (await limit(where, { power_limit: 3 })).body.data.control_id
    await whileUncommitted(
      db,
      transaction => liftFlexibility(transaction, { controlId: first }, 300),
      () => liftFlexibility(db, { controlId: second }, 300),
    )
    assert.deepEqual((await powers(where, 'power_limit_percent')).slice(2), [100])
  })
  it('that discharges needs no lifting, because the command has its duration', async () => {
    const where = await place(['TP-DC180-V2G'])
    const { control_id: controlId } = (await limit(where, { discharge_power: 10 }, 'discharge')).body.data
    await liftFlexibility(db, { controlId }, 300)
    assert.equal((await queued(where)).length, 2)
  })
  it('reaches more connectors than a statement may have parameters, in the order of the answer', async () => {
    const where = await place(['HOME-MADE'])
    const [chargers, each] = [125, 64]
    await db.raw(
      `with known as (select * from core.devices where device_id = ?),
         twins as (
           insert into core.devices (tenant_id, site_id, sn, model, manufacturer, firmware_version, secret_hash)
           select tenant_id, site_id, sn || n, model, manufacturer, firmware_version, secret_hash
           from known, generate_series(1, ?::int) n
           returning device_id)
       insert into core.connectors (device_id, connector_id) select device_id, n from twins, generate_series(1, ?::int) n`,
      [where.chargers[0]!.deviceId, chargers, each],
    )
    const { status, body } = await limit(where, { power_limit_percent: 50 })
    assert.equal(status, 200)
    const { control_id: controlId, commands } = body.data
    assert.equal(commands.length, chargers * each)
    const ofControl = () => db('core.commands').where({ control_id: controlId }).orderBy('sequence')
    assert.deepEqual(
      (await ofControl()).map(({ command_id, device_id, connector_id }) => ({ command_id, device_id, connector_id })),
      commands,
    )
    await liftFlexibility(db, { controlId }, 300)
    assert.equal((await ofControl()).filter(({ params }) => params.reason === 'lifted').length, chargers * each)
  })
  it('reaches connectors of models that nobody knows', async () => {
    const where = await place(['HOME-MADE'])
    const { token: own } = where.chargers[0]!
    await server.call('POST', '/v1/device/telemetry', { token: own, body: sample({ connector_id: 3 }) })
    await limit(where, { power_limit_percent: 50 })
    assert.deepEqual(await powers(where, 'power_limit'), [88])
  })
})
