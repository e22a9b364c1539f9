import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '../processes/workplace.ts'
import { openEvents } from '../support/eventClient.ts'
import { logIn, logMessages, tenantId } from '../support/stationMessages.ts'
import { openTestDatabase, startServerOn } from '../support/testServer.ts'

/** Event streams with many clients, and with one that does not read. */

const database = await openTestDatabase()
const server = await startServerOn(database, { STREAM_BUFFER_BYTES: '200000' })
after(async () => {
  await server.close()
  await database.drop()
})
const { db, metrics } = server.services
const tenant = await tenantId(db)
const session = await logIn(server, server.credentials.board!.token)

const drops = async () => (await metrics.streamDrops.get()).values[0]!.value
const large = { filler: 'x'.repeat(20_000) }
const logLarge = (count: number) =>
  logMessages(
    db,
    tenant,
    Array.from({ length: count }, (_, index) => ({ method: `Large${index}`, payload: large })),
  )

describe('a client that does not read', () => {
  it('is dropped at the bound, delays nobody, and resumes without a gap', async () => {
    const slow = await openEvents(server, '/messages/stream', session)
    const quick = await openEvents(server, '/messages/stream', session)
    await Promise.all([slow.received('connected', 1), quick.received('connected', 1)])
    slow.response.pause()
    const rss = process.memoryUsage().rss
    let sent = 0
    let roundsBefore = 0
    await eventually('the drop', 30_000, async () => {
      await logLarge(50)
      sent += 50
      await quick.received('message', sent)
      const isDropped = (await drops()) === 1
      if (!isDropped) roundsBefore++
      return isDropped
    })
    assert.ok(roundsBefore > 0, 'the quick client waits until the slow one is dropped')
    // Sockets of the system take some megabytes before anything waits here.
    assert.ok(process.memoryUsage().rss - rss < 250_000_000)
    slow.response.resume()
    await slow.hasEnded()
    const had = slow.of('message').length
    assert.ok(had < sent)

    const again = await openEvents(server, '/messages/stream', session, { 'last-event-id': slow.lastId })
    await again.received('message', sent - had, 20_000)
    assert.deepEqual([...slow.of('message'), ...again.of('message')], quick.of('message'))
    assert.equal(again.of('reset').length, 0)
    again.close()
    quick.close()
  })
  it('while it catches up takes no more memory than its bound, and is not dropped for that', async () => {
    const first = await openEvents(server, '/messages/stream', session)
    const [connected] = await first.received('connected', 1)
    await logLarge(300)
    await first.received('message', 300, 10_000)
    first.close()
    const before = await drops()
    const again = await openEvents(server, '/messages/stream', session, { 'last-event-id': connected!.id })
    again.response.pause()
    await delay(300)
    again.response.resume()
    await again.received('message', 300, 10_000)
    assert.deepEqual(again.of('message'), first.of('message'))
    assert.equal(await drops(), before)
    again.close()
  })
})

describe('five hundred clients', () => {
  it('all get the same, in bounded memory', async () => {
    const rss = process.memoryUsage().rss
    const clients = await Promise.all(
      Array.from({ length: 500 }, () => openEvents(server, '/messages/stream', session)),
    )
    await Promise.all(clients.map(client => client.received('connected', 1, 10_000)))
    await logMessages(
      db,
      tenant,
      Array.from({ length: 20 }, (_, index) => ({ method: String(index) })),
    )
    await Promise.all(clients.map(client => client.received('message', 20, 20_000)))
    const [first] = clients
    for (const client of clients) assert.deepEqual(client.of('message'), first!.of('message'))
    assert.ok(process.memoryUsage().rss - rss < 400_000_000)
    for (const client of clients) client.close()
    await eventually('all to be gone', 5000, async () => (await metrics.streams.get()).values[0]!.value === 0)
  })
  it('of telemetry cost one computation every two seconds', async () => {
    const clients = await Promise.all(
      Array.from({ length: 50 }, () => openEvents(server, '/telemetry/stream', session)),
    )
    let computed = 0
    const count = ({ sql }: { sql: string }) => {
      if (sql.includes('ocpp.totals')) computed++
    }
    await Promise.all(clients.map(client => client.received('telemetry', 1)))
    db.on('query', count)
    await Promise.all(clients.map(client => client.received('telemetry', 3)))
    db.off('query', count)
    assert.equal(computed, 2)
    for (const client of clients) client.close()
  })
})
