import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { handlers } from '../../generated/ocpp/index.ts'
import type { Protocol, Station } from '../../src/ocpp/action.ts'
import { dispatch } from '../../src/ocpp/dispatch.ts'
import type { Answer } from '../../src/ocpp/rpc/effects.ts'
import { check } from '../../src/ocpp/schemas.ts'
import type { Services } from '../../src/services.ts'
import * as stations from '../../src/store/ocppStations.ts'
import * as tenants from '../../src/store/tenants.ts'

export interface TestStation extends Station {
  /** Has a call handled as if it had come over a socket; a payload that the version's schema refuses fails the test. */
  ask(action: string, payload: object, protocol?: Protocol): Promise<Answer>
  /** The same for a payload that may be anything. */
  say(action: string, payload: object, protocol?: Protocol): Promise<Answer>
  /** The same, and the answer has to be a result. */
  tell(action: string, payload: object, protocol?: Protocol): Promise<object>
}

interface Options {
  tenant?: 'acme' | 'borealis'
  protocol?: Protocol
  /** Whether it has been accepted before, with each version that it speaks. */
  registered?: boolean
  deviceId?: string
}

/** A new station without a socket. */
export async function makeStation(services: Services, options: Options = {}): Promise<TestStation> {
  const { tenant = 'acme', protocol = 'ocpp2.0.1', registered = true, deviceId } = options
  const identity = `CP-${randomUUID()}`
  const tenantId = (await tenants.findBySlug(services.db, tenant))!
  assert.ok(await stations.create(services.db, { identity, tenantId, deviceId }))
  const { passwordHash, nextPasswordHash, certificateName, ...station } = (await stations.find(services.db, identity))!
  if (registered) station.registration = 'Accepted'
  const say: TestStation['say'] = async (action, payload, version = protocol) => {
    if (registered) station.registeredWith = version
    const { answer } = await dispatch(handlers, services, {
      protocol: version,
      action,
      station,
      connectionId: randomUUID(),
      uniqueId: randomUUID(),
      payload: payload as Record<string, unknown>,
      receivedAt: new Date(),
    })
    return answer
  }
  const ask: TestStation['ask'] = async (action, payload, version = protocol) => {
    assert.equal(check(version, action, 'request', payload), undefined)
    return say(action, payload, version)
  }
  return Object.assign(station, {
    ask,
    say,
    async tell(action: string, payload: object, version?: Protocol) {
      const answer = await ask(action, payload, version)
      assert.ok(answer.kind === 'result', JSON.stringify(answer))
      return answer.payload
    },
  })
}
