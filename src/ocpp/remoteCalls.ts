import { randomUUID } from 'node:crypto'
import type { Change } from '../feed/feed.ts'
import type { Services } from '../services.ts'
import * as calls from '../store/ocppCalls.ts'
import { protocolOf } from '../store/ocppCommands.ts'
import { OcppError, type Outcome } from './action.ts'
import { withPasswordKept } from './tellPassword.ts'

type Means = Pick<Services, 'db' | 'feed' | 'stations' | 'processId' | 'log' | 'draining'>

/** How long after the last look the row is looked at again, should the feed be away; in milliseconds. */
const LOOK_AGAIN = 500

/**
 * Sends a CALL to a station, whichever process holds its socket, and waits for what comes of it. What is kept and answered
 * is without credentials. A station that is not connected is `offline` at once.
 *
 * @param call its `action` is one of the station's version, or `$disconnect`; a payload that the version's schema refuses
 * is an `error` with the code that OCPP has for it
 */
export async function callStation(means: Means, call: calls.QueuedCall): Promise<Outcome> {
  const { db, stations, processId } = means
  if ((await protocolOf(db, call.tenantId, call.identity)) === undefined) return { kind: 'offline', unsent: true }
  if (stations.protocolOf(call.identity) === undefined) return callElsewhere(means, call)
  const callId = await calls.noteSent(db, call, processId)
  const outcome = await sendHere(means, call, call.timeoutSeconds * 1000)
  await calls.finish(db, callId, outcome)
  return outcome
}

/** @param patience in milliseconds */
async function sendHere(
  { db, stations }: Means,
  call: Pick<calls.QueuedCall, 'identity' | 'action' | 'payload'>,
  patience: number,
): Promise<Outcome> {
  const { identity, action, payload } = call
  if (action === calls.DISCONNECT)
    return stations.disconnect(identity, 'Connection terminated')
      ? { kind: 'result', payload: {} }
      : { kind: 'offline', unsent: true }
  try {
    const signal = AbortSignal.timeout(Math.max(0, Math.ceil(patience)))
    return await withPasswordKept(db, call, () => stations.call(identity, action, payload, signal))
  } catch (error) {
    if (!(error instanceof OcppError)) throw error
    return { kind: 'error', code: error.code, description: error.message, details: error.details }
  }
}

/** Queues the call and waits until its row tells what has become of it. */
async function callElsewhere({ db, feed }: Means, call: calls.QueuedCall): Promise<Outcome> {
  const callId = randomUUID()
  const deadline = performance.now() + call.timeoutSeconds * 1000
  let ring = Promise.withResolvers<Outcome | undefined>()
  const hear = ({ row }: Change) => {
    const outcome = calls.outcomeOf(row as unknown as calls.CallRow)
    if (outcome !== undefined) ring.resolve(outcome)
  }
  const stop = feed.subscribeTo('ocpp.calls', 'call_id', callId, hear)
  try {
    await calls.queue(db, call, callId)
    for (;;) {
      const left = deadline - performance.now()
      const timer = setTimeout(() => ring.resolve(undefined), Math.max(0, Math.min(LOOK_AGAIN, left)))
      const told = await ring.promise
      clearTimeout(timer)
      if (told !== undefined) return told
      ring = Promise.withResolvers()
      const outcome = calls.outcomeOf(await calls.look(db, callId, left <= 0))
      if (outcome !== undefined) return outcome
    }
  } finally {
    stop()
  }
}

/** Sends what other processes have queued for a station of this one, and keeps what comes of it. */
export async function sendQueued(means: Means, identity: string): Promise<void> {
  const { db, processId } = means
  const claimed = await calls.claim(db, identity, processId)
  await Promise.all(claimed.map(call => sendClaimed(means, call)))
}

async function sendClaimed(means: Means, call: calls.ClaimedCall): Promise<void> {
  const { db, draining } = means
  const outcome = await sendHere(means, call, call.patience)
  const isUnsent = outcome.kind === 'offline' && outcome.unsent
  if (isUnsent && call.mayMove && draining.aborted) await calls.putBack(db, call.callId)
  else await calls.finish(db, call.callId, outcome)
}
