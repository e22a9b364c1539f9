import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { startTestServer } from '../support/testServer.ts'
import { openSubject } from '../tables/subjects/tellus.ts'
import { type State, watchDatabase } from './databaseState.ts'
import { exchange, lines, type RawAnswer } from './rawSocket.ts'

/** Paths and queries that no client of ours would write, sent as they are: an HTTP client would tidy them up. */

const server = await startTestServer()
const things = await (await openSubject(server)).makeThings()
const database = watchDatabase(server.databaseUrl)
const operator = await server.operator('admin')

const get = async (target: string, method = 'GET') =>
  (await exchange(server.port, [lines(`${method} ${target} HTTP/1.1`, [`Authorization: Bearer ${operator}`])]))[0]!

/** The answer is JSON in the contract's shape, and tells nothing of files, code or the database. */
function checkShape(answer: RawAnswer, code: number): void {
  assert.ok(answer, 'no answer')
  assert.equal(answer.headers['content-type'], 'application/json')
  assert.deepEqual([answer.body.code, answer.body.data], [code, null])
  assert.ok(answer.headers['x-request-id'])
  assert.doesNotMatch(JSON.stringify(answer.body), /node_modules|\.ts|select |root:/)
}

const refusals = (what: string, status: number, code: number, targets: string[]) =>
  describe(what, () => {
    for (const target of targets) {
      it(`${status} for ${target.slice(0, 60)}`, async () => {
        for (const method of ['GET', 'POST', 'DELETE']) {
          const answer = await get(target, method)
          assert.equal(answer?.status, status, `${method}: ${JSON.stringify(answer?.body)}`)
          checkShape(answer!, code)
        }
      })
    }
  })

describe('addresses', () => {
  let state: State
  before(async () => {
    state = await database.state()
  })

  refusals('paths that lead nowhere', 404, 3001, [
    '/nothing',
    '/v1',
    '/v1/',
    '/v2/devices',
    '/V1/DEVICES',
    '//v1/devices',
    '/v1//devices',
    '/v1/./devices',
    '/v1/x/../devices',
    '/v1/devices//connectors',
    '/v1/devices;a=b',
    '/v1/devices.json',
    '/v1%2Fdevices',
    '/v1/dev%69ces',
    '/v1/devices%00',
    '/%',
    '/%ff',
    '/docs/%',
    '/docs/%zz',
    '/docs/%c3%28/index.html',
    '/openapi/%.json',
    '/asyncapi/%ed%a0%80.json',
    '/v1\\devices',
    '/favicon.ico',
    '/.env',
    '/.data/credentials.json',
    '/__proto__',
    '/constructor/prototype',
    `/${'a/'.repeat(2000)}`,
    `/v1/${'x'.repeat(60_000)}`,
    `/${'%41'.repeat(20_000)}`,
    '*',
  ])

  describe('path traversal', () => {
    const climbs = [
      '..',
      '%2e%2e',
      '%2E%2e',
      '.%2e',
      '..%2f..',
      '..%5c..',
      '..\\..',
      '%252e%252e',
      '....//',
      '..;',
      '%c0%ae%c0%ae',
    ]
    const starts = ['/docs', '/openapi', '/asyncapi', '/v1', '']
    for (const climb of climbs) {
      it(`reaches no file with ${climb}`, async () => {
        for (const start of starts) {
          for (const file of ['package.json', 'etc/passwd', '.git/config', 'src/main.ts', '.data/credentials.json']) {
            for (const times of [1, 2, 6]) {
              const answer = await get(`${start}/${`${climb}/`.repeat(times)}${file}`)
              assert.ok(answer && [400, 403, 404].includes(answer.status), `${start} ${file}: ${answer?.status}`)
              assert.equal(answer.headers['content-type'], 'application/json')
              assert.doesNotMatch(JSON.stringify(answer.body ?? ''), /"dependencies"|root:|client_secret|\[core\]/)
            }
          }
        }
      })
    }
    it('reads no bundle but those of contracts', async () => {
      for (const file of [
        'tellus',
        'tellus.yaml',
        'types.ts',
        '..%2ftellus%2fopenapi.json',
        'tellus%2f..%2ftellus.json',
        'no.json',
      ])
        assert.equal((await get(`/openapi/${file}`)).status, 404)
    })
  })

  refusals(
    'ids that are not well written',
    400,
    1001,
    ['%', '%z', '%zz', '%c3%28', '%ff', '%ed%a0%80', '%00', 'a%00b', '%e2%28%a1', 'x'.repeat(65)].map(
      id => `/v1/devices/${id}/connectors/1/schedule`,
    ),
  )
  refusals(
    'ids that are not well written, of other things',
    400,
    1001,
    ['sites', 'operators', 'charging-records', 'commands', 'devices'].flatMap(kind =>
      ['%', '%ff', '%00', 'a%00b'].map(id => `/v1/${kind}/${id}`),
    ),
  )

  describe('ids that name nothing', () => {
    for (const id of [
      'a%2Fb',
      '%2e%2e',
      '..',
      '%25',
      '%20',
      '%22%27%60',
      '%F0%9F%94%8C',
      '+',
      '%0d%0aX-Injected:1',
      '*',
      ':id',
      '{id}',
    ]) {
      it(`404 for ${id}`, async () => {
        for (const kind of ['devices', 'sites', 'operators', 'charging-records', 'commands']) {
          const answer = await get(`/v1/${kind}/${id}`)
          assert.equal(answer.status, 404, JSON.stringify(answer.body))
          checkShape(answer, 3001)
          assert.equal(answer.headers['x-injected'], undefined)
        }
      })
    }
    it('an id in capital letters is the same uuid', async () => {
      assert.equal((await get(`/v1/devices/${things.DeviceId!.toUpperCase()}`)).status, 200)
    })
    it('a slash at the end changes nothing', async () => {
      assert.equal((await get(`/v1/devices/${things.DeviceId}/`)).status, 200)
    })
  })

  describe('queries', () => {
    for (const query of ['?page=%00', '?unknown=%00', '?page=1%00', '?%00=1']) {
      it(`400 for ${query}`, async () => {
        const answer = await get(`/v1/sites${query}`)
        assert.equal(answer.status, 400)
        checkShape(answer, 1001)
      })
    }
    for (const query of [
      '?',
      '?&',
      '?=',
      '?&&=&=',
      '?unknown=1',
      '?a[b]=c',
      '?%zz=1',
      '?x=%zz',
      '?x=%ff',
      '?x=#y',
      '??',
      '?page=1&',
    ]) {
      it(`200 for ${query}, whose names are unknown`, async () =>
        assert.equal((await get(`/v1/sites${query}`)).status, 200))
    }
    it('200 or 400, never worse, for a thousand parameters and for long ones', async () => {
      const many = Array.from({ length: 2000 }, (_, index) => `p${index}=${index}`).join('&')
      const ids = Array.from({ length: 1000 }, () => randomUUID()).join(',')
      for (const target of [
        `/v1/sites?${many}`,
        `/v1/aggregated/energy?site_ids=${ids}`,
        `/v1/sites?operator_id=${'x'.repeat(50_000)}`,
      ])
        assert.ok([200, 400].includes((await get(target)).status))
    })
  })

  it('and not a row is another one', async () => assert.deepEqual(await database.state(), state))
})
