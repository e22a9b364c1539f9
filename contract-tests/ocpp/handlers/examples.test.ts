import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import * as idTags from '../../../src/store/idTags.ts'
import * as tenants from '../../../src/store/tenants.ts'
import type { AsyncApiDocument } from '../../../tools/generate/documents.ts'
import { makeStation } from '../../support/stationCalls.ts'
import { startTestServer } from '../../support/testServer.ts'

/** The document is honest: what it shows as the answer to a request is what the request is answered. */

const { services } = await startTestServer()
const bundle = new URL('../../../generated/ocpp/asyncapi.json', import.meta.url)
const document: AsyncApiDocument = JSON.parse(await readFile(bundle, 'utf8'))
const received = Object.entries(document.operations ?? {}).filter(([, { action }]) => action === 'receive')
const tenantId = (await tenants.findBySlug(services.db, 'acme'))!
for (const idTag of ['04A2B3C4', '04A2B3C4D5'])
  await idTags.put(services.db, tenantId, { idTag, status: 'Accepted', expiresAt: null, parentIdTag: 'FLEET-7' })

/** The clock and numbers that are counted up differ from time to time. */
const VARYING = new Set(['currentTime', 'transactionId'])
const steady = (answer: object) =>
  JSON.parse(JSON.stringify(answer), (key, value) => (VARYING.has(key) ? typeof value : value))

describe('what a station may call', () => {
  for (const [id, { title = '', 'x-protocols': protocols = [], 'x-examples': examples = [] }] of received) {
    it(`${id} answers its examples as the document says`, async () => {
      for (const protocol of protocols) {
        for (const { request, response = {} } of examples.filter(one =>
          (one.protocols ?? protocols).includes(protocol),
        )) {
          const station = await makeStation(services, { protocol })
          assert.deepEqual(steady(await station.tell(title, request)), steady(response), protocol)
        }
      }
    })
  }
})

describe('what a station may not call', () => {
  it('is NotSupported, whether no handler is for it or only stations answer it', async () => {
    const station = await makeStation(services)
    const refused = await station.ask('ReservationStatusUpdate', {
      reservationId: 1,
      reservationUpdateStatus: 'Expired',
    })
    assert.equal(refused.kind === 'error' && refused.code, 'NotSupported')
    const toStation = await station.ask('Reset', { type: 'Immediate' })
    assert.equal(toStation.kind === 'error' && toStation.code, 'NotSupported')
  })
})
