import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { record, sample, site } from '../support/bodies.ts'
import { startTestServer } from '../support/testServer.ts'
import { fillPath, operationsOf } from '../tables/operations.ts'
import { openSubject } from '../tables/subjects/tellus.ts'
import { type State, watchDatabase } from './databaseState.ts'
import { requestsOf, withValue, wrongTexts, wrongValues } from './fields.ts'

/** Values that no field should hold, one at a time in every field of every request that the contract has. */

const server = await startTestServer()
const things = await (await openSubject(server)).makeThings()
const database = watchDatabase(server.databaseUrl)
const charger = await server.charger()
const operator = await server.operator('admin')
const operations = Map.groupBy(operationsOf('tellus'), ({ operationId }) => operationId)

for (const { operationId, bodies, query } of requestsOf('tellus')) {
  const [operation] = operations.get(operationId)!
  const [scheme] = operation!.security.flatMap(Object.keys)
  const token = scheme === undefined ? undefined : scheme === 'deviceToken' ? charger.token : operator
  const path = fillPath(operation!, things)
  const refused = async (url: string, body: string | undefined, what: string) => {
    const answer = await server.call(operation!.method, url, { token, body })
    assert.equal(answer.status, 400, `${what}: ${answer.status} ${JSON.stringify(answer.body)}`)
    assert.equal(answer.headers.get('content-type'), 'application/json')
    if (path.endsWith('/token')) assert.equal(typeof answer.body.error, 'string')
    else assert.deepEqual([[1001, 1002].includes(answer.body.code), answer.body.data], [true, null])
    return answer.body
  }

  describe(`wrong values of ${operationId}`, () => {
    let state: State
    before(async () => {
      state = await database.state()
    })
    for (const { example, fields } of bodies) {
      for (const { place, schema } of fields) {
        it(`400 for ${place.join('.')}`, async () => {
          for (const value of wrongValues(schema))
            await refused(path, withValue(example, place, value), value.slice(0, 50))
        })
      }
    }
    for (const { place, schema } of query) {
      const [name] = place
      it(`400 for ?${name}=`, async () => {
        for (const value of wrongTexts(schema))
          await refused(`${path}?${name}=${encodeURIComponent(value)}`, undefined, value.slice(0, 50))
      })
      if (schema.type !== 'array') {
        it(`400 for ?${name}= given twice`, async () => {
          await refused(`${path}?${name}=1&${name}=1`, undefined, 'twice')
        })
      }
    }
    it('and not a row is another one', async () => assert.deepEqual(await database.state(), state))
  })
}

describe('keys that name what every object has', () => {
  const polluted = () => ({}) as { polluted?: unknown }
  const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__']

  it('change nothing, beside the fields of a body', async () => {
    for (const key of keys) {
      const attack = `{"${key}": {"polluted": true, "prototype": {"polluted": true}}, `
      const body = JSON.stringify(sample({ timestamp: new Date().toISOString() })).replace('{', attack)
      assert.equal((await server.call('POST', '/v1/device/telemetry', { token: charger.token, body })).status, 200)
      assert.equal(polluted().polluted, undefined)
    }
  })
  it('give a body none of the fields that it lacks', async () => {
    const facts = { sn: randomUUID(), model: 'X', manufacturer: 'Y', firmware_version: '1' }
    for (const key of keys) {
      const body = `{"${key}": ${JSON.stringify(facts)}}`
      assert.equal((await server.call('POST', '/v1/device/register', { body })).status, 400)
    }
  })
  it('are kept where any key may stand, and stay data', async () => {
    const data = '{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}, "a": 1}'
    const event = `{"timestamp": "${new Date().toISOString()}", "event_type": "plug_in", "connector_id": 1, "data": ${data}}`
    const answer = await server.call('POST', '/v1/device/events', { token: charger.token, body: event })
    assert.equal(answer.status, 200)
    const { rows } = await database.query.raw(
      'select data from telemetry.device_events where device_id = ? order by event_id desc limit 1',
      [charger.deviceId],
    )
    assert.deepEqual(Object.keys(rows[0].data).sort(), ['__proto__', 'a', 'constructor'])
    assert.equal(polluted().polluted, undefined)
  })
  it('are unknown names in a query, which is ignored', async () => {
    for (const key of keys) {
      const answer = await server.call('GET', `/v1/sites?${key}=1&${key}[polluted]=1&size=1`, { token: operator })
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      assert.equal(polluted().polluted, undefined)
    }
  })
})

describe('texts that look like something else', () => {
  const TEXTS = [
    "'; drop table core.devices; --",
    "' or '1'='1",
    '$1 $2 :tenant ? ?? \\? %s %(a)s {0}',
    "E'\\\\x41' \\ \\' \\\"",
    '<script>alert(1)</script>',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the attack itself.
    '${process.exit(1)} {{7*7}} #{7*7}',
    '../../../../etc/passwd',
    'null',
    'undefined',
    'NaN',
    'true',
    '{"a": 1}',
    'line\nfeed\ttab\r\u2028\u2029\u0085\u0001\u001f\u007f',
    '\u{1F50C}\u{10FFFF} e\u0301 \u202Eright-to-left \uFEFF \uFFFE',
    'İıŞß ΑΣ',
  ]
  it('are kept as they are', async () => {
    for (const name of TEXTS) {
      const body = site({ name, address: name, postcode: name.slice(0, 8), operator_id: undefined })
      const stored = await server.call('POST', '/v1/device/site', { token: operator, body })
      assert.equal(stored.status, 200, `${name}: ${JSON.stringify(stored.body)}`)
      const { data } = (await server.call('GET', `/v1/sites/${body.site_id}`, { token: operator })).body
      assert.deepEqual([data.name, data.address], [name, name])
    }
  })
  it('name nothing where they stand for an id', async () => {
    for (const text of TEXTS) {
      const id = encodeURIComponent(text)
      for (const path of [
        `/v1/charging-records?device_id=${id}`,
        `/v1/sites?operator_id=${id}`,
        `/v1/devices?site_id=${id}`,
      ]) {
        const { status, body } = await server.call('GET', path, { token: operator })
        assert.ok(status === 400 || (status === 200 && body.data.total === 0), `${path}: ${status}`)
      }
      const upload = record({ record_id: text })
      const stored = await server.call('POST', '/v1/device/charging-records', { token: charger.token, body: upload })
      assert.equal(stored.status, 200, `${text}: ${JSON.stringify(stored.body)}`)
      const found = await server.call('GET', `/v1/charging-records/${id}`, { token: operator })
      assert.equal(found.body.data?.record_id, text)
    }
  })
})
