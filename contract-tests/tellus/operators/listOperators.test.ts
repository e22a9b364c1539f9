import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const acme = { id: 'acme-charging-uk', name: 'Acme Charging Network UK', country: 'GB', status: 'active' }
const borealis = { id: 'borealis-gb', name: 'Borealis Mobility GB', country: 'GB', status: 'active' }

for (const [who, own, foreign] of [
  ['demo', acme, borealis],
  ['other', borealis, acme],
] as const) {
  describe(`listOperators and getOperator for the ${who} tenant`, () => {
    it('200 with its operators only, as a bare list', async () => {
      const { status, body } = await server.call('GET', '/v1/operators', { token: await server.operator(who) })
      assert.deepEqual([status, body], [200, { code: 0, message: 'success', data: [own] }])
    })
    it("200 for its operator, 404 for the other tenant's as for one that nobody knows", async () => {
      const token = await server.operator(who)
      const get = (id: string) => server.call('GET', `/v1/operators/${id}`, { token })
      assert.deepEqual((await get(own.id)).body, { code: 0, message: 'success', data: own })
      const answers = [await get(foreign.id), await get('nobody')]
      assert.deepEqual([answers[0]!.status, answers[0]!.body.code, answers[0]!.body.data], [404, 3001, null])
      assert.deepEqual(answers[0]!.body, answers[1]!.body)
    })
  })
}
