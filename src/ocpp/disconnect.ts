import { unavailable } from '../errors.ts'
import type { Feed } from '../feed/feed.ts'
import type { Services } from '../services.ts'
import * as auditLogs from '../store/auditLogs.ts'
import * as connections from '../store/boardConnections.ts'
import { DISCONNECT, queue } from '../store/ocppCalls.ts'
import * as systemEvents from '../store/systemEvents.ts'

/** A close frame gets two seconds, and then the connection ends by force. */
const PATIENCE_SECONDS = 6
/** How long after the last look the row is looked at again, should the feed be away; in milliseconds. */
const LOOK_AGAIN = 500

interface Request {
  tenantId: string
  identity: string
  requestedBy: string
}

/**
 * Ends the connection of a station, on whichever process it is, and waits until it is shown as ended. It stands in the
 * audit log before it is done.
 *
 * @returns false when there is no such station
 * @throws unavailable when the process that holds the connection does not do it in time
 */
export async function disconnect(
  { db, feed, stations }: Pick<Services, 'db' | 'feed' | 'stations'>,
  { tenantId, identity, requestedBy }: Request,
): Promise<boolean> {
  const connection = await connections.find(db, tenantId, identity)
  if (connection === undefined) return false
  const isOnline = connection.disconnected_at === null
  // Committed before it is done: other processes act on what they can see.
  await db.transaction(async transaction => {
    await auditLogs.storeUnderway(transaction, tenantId, { identity })
    const event = { tenantId, identity, type: 'DISCONNECT_REQUESTED', message: 'somebody wants it to be disconnected' }
    if (isOnline) await systemEvents.add(transaction, { ...event, details: { requestedBy } })
  })
  if (!isOnline) return true
  const ended = async () => {
    const now = await connections.find(db, tenantId, identity)
    return now?.connection_id !== connection.connection_id || now.disconnected_at !== null
  }
  const request = async () => {
    if (stations?.disconnect(identity, 'Connection terminated')) return
    const call = { tenantId, identity, action: DISCONNECT, payload: {}, requestedBy }
    await queue(db, { ...call, timeoutSeconds: PATIENCE_SECONDS })
  }
  if (await reached(ended, request, feed, identity)) return true
  throw unavailable('The station could not be disconnected, try again')
}

/** Does it and looks whenever the feed tells of a connection of the station, and now and then in between. */
async function reached(
  isSo: () => Promise<boolean>,
  act: () => Promise<void>,
  feed: Feed,
  identity: string,
): Promise<boolean> {
  const deadline = performance.now() + PATIENCE_SECONDS * 1000
  let ring = Promise.withResolvers<void>()
  const stop = feed.subscribeTo('ocpp.connections', 'identity', identity, () => ring.resolve())
  try {
    await act()
    while (performance.now() < deadline) {
      const timer = setTimeout(ring.resolve, LOOK_AGAIN)
      await ring.promise
      clearTimeout(timer)
      ring = Promise.withResolvers()
      if (await isSo()) return true
    }
    return false
  } finally {
    stop()
  }
}
