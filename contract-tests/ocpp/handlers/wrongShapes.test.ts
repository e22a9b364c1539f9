import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { after, describe, it } from 'node:test'
import type { Protocol, ValidationMode } from '../../../src/ocpp/action.ts'
import { check } from '../../../src/ocpp/schemas.ts'
import type { AsyncApiDocument } from '../../../tools/generate/documents.ts'
import { eventually } from '../../processes/workplace.ts'
import { closeStations, connectRaw } from '../../support/rawStation.ts'
import { makeSharedStation } from '../../support/sharedStation.ts'
import type { TestStation } from '../../support/stationCalls.ts'
import { startTestServer } from '../../support/testServer.ts'

/** Whatever a station says, and in whatever shape: one that is not to be held to its schemas gets an answer. */

const server = await startTestServer()
const { services } = server
after(closeStations)
const bundle = new URL('../../../generated/ocpp/asyncapi.json', import.meta.url)
const document: AsyncApiDocument = JSON.parse(await readFile(bundle, 'utf8'))
const received = Object.entries(document.operations ?? {}).filter(([, { action }]) => action === 'receive')

const LONG = Array.from({ length: 3000 }, (_, index) => (index * 7919).toString(36)).join('')
/** A SEND, for whose answer there is no schema. */
const UNANSWERED = 'NotifyPeriodicEventStream'
const WRONG = [undefined, null, {}, [], [null], [{}], 'text', '', 1.5, -1, 0, 1e10, 1e300, true, LONG]

/** The payload with each of its parts, and with what is wrong in its place. */
function* wrongShapes(payload: unknown, wrongs: unknown[] = WRONG): Generator<{ at: string; payload: unknown }> {
  if (typeof payload !== 'object' || payload === null) return
  for (const [name, part] of Object.entries(payload)) {
    const put = (value: unknown) => {
      const copy = structuredClone(payload) as Record<string, unknown>
      if (value === undefined) delete copy[name]
      else copy[name] = value
      return Array.isArray(copy) ? copy.filter(item => item !== undefined) : copy
    }
    for (const wrong of wrongs) yield { at: `${name} = ${JSON.stringify(wrong)?.slice(0, 20)}`, payload: put(wrong) }
    for (const inner of wrongShapes(part, wrongs)) yield { at: `${name}.${inner.at}`, payload: put(inner.payload) }
  }
}

async function complaints(
  station: TestStation,
  protocol: Protocol,
  action: string,
  example: object,
): Promise<string[]> {
  const shapes = [{ at: 'all', payload: {} }, ...wrongShapes(example)]
  const found: string[] = []
  for (const { at, payload } of shapes) {
    const answer = await station.say(action, payload as object)
    const breach = answer.kind === 'error' ? answer : check(protocol, action, 'response', answer.payload)
    if (breach !== undefined && (answer.kind === 'error' || action !== UNANSWERED))
      found.push(`${at}: ${breach.code} ${breach.description}`)
  }
  return found
}

describe('what a station says in a wrong shape', () => {
  for (const [id, { title = '', 'x-protocols': protocols = [], 'x-examples': examples = [] }] of received)
    for (const protocol of protocols)
      for (const validation of ['tolerant', 'off'] satisfies ValidationMode[])
        it(`${id} of ${protocol} is answered all the same (${validation})`, async () => {
          for (const { request } of examples.filter(one => (one.protocols ?? protocols).includes(protocol))) {
            const { station } = await makeSharedStation(server, { protocol })
            Object.assign(station, { validation, registration: 'Accepted' })
            assert.deepEqual(await complaints(station, protocol, title, request), [])
          }
        })
})

describe('a number that no station has', () => {
  const HUGE = [1e9, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, 1e15, 1e19, -1e300]
  for (const [id, { title = '', 'x-protocols': protocols = [], 'x-examples': examples = [] }] of received)
    for (const protocol of protocols)
      it(`is taken or refused as a value by ${id} of ${protocol}`, async () => {
        const found: string[] = []
        for (const { request } of examples.filter(one => (one.protocols ?? protocols).includes(protocol))) {
          const { station } = await makeSharedStation(server, { protocol })
          station.registration = 'Accepted'
          for (const { at, payload } of wrongShapes(request, HUGE)) {
            if (check(protocol, title, 'request', payload) !== undefined) continue
            const answer = await station.say(title, payload as object)
            if (answer.kind === 'error' && answer.code !== 'PropertyConstraintViolation')
              found.push(`${at}: ${answer.code} ${answer.description}`)
          }
        }
        assert.deepEqual(found, [])
      })

  it('is refused where it is an integer of more than 32 bits, but for ids that are kept and registers', () => {
    const stop = { transactionId: 2 ** 40, meterStop: 2 ** 40, timestamp: '2026-05-10T14:00:00Z' }
    assert.equal(check('ocpp1.6', 'StopTransaction', 'request', stop), undefined)
    for (const connectorId of [2 ** 31, -(2 ** 31) - 1]) {
      const status = { connectorId, errorCode: 'NoError', status: 'Available' }
      assert.equal(check('ocpp1.6', 'StatusNotification', 'request', status)?.code, 'PropertyConstraintViolation')
    }
    assert.equal(
      check('ocpp2.1', 'ClearedChargingLimit', 'request', { chargingLimitSource: 'EMS', evseId: 1e15 })?.code,
      'PropertyConstraintViolation',
    )
  })
})

describe('a station that is tolerated', () => {
  it('is taken at its word as far as it can be understood, and its message is kept and marked', async () => {
    const identity = `CP-${randomUUID().slice(0, 8)}`
    const { password } = server.credentials.ocpp
    const station = await connectRaw(server.url, { identity, password, protocols: ['ocpp1.6'] })
    await services.db('ocpp.stations').where({ identity }).update({ validation: 'tolerant' })
    const start = { connectorId: '1', idTag: 4711, meterStart: 1000.4, timestamp: null }
    const tell = async (payload: object) => {
      const [type, , answer] = await station.call('StartTransaction', payload)
      return type === 3 ? (answer as { transactionId: number }) : undefined
    }
    const begun = await eventually('the mode', 5000, () => tell(start))
    const again = await tell(start)
    assert.equal(again?.transactionId, begun.transactionId, 'a retry without a time is one')
    const { connector_id, id_tag, meter_start_wh } = await services.db('ocpp.transactions').first().where({ identity })
    assert.deepEqual([connector_id, id_tag, meter_start_wh], [1, '4711', 1000])
    assert.deepEqual(await station.call('StartTransaction', { connectorId: {} }, 'nothing'), [
      3,
      'nothing',
      { transactionId: 0, idTagInfo: { status: 'Invalid' } },
    ])
    assert.equal((await services.db('ocpp.transactions').where({ identity })).length, 1)
    const kept = await eventually('the marked message', 5000, () =>
      services.db('ocpp.messages').first().where({ identity, unique_id: 'nothing', direction: 'IN' }),
    )
    assert.match(kept.violation, /required property/)
    await station.close()
  })
})
