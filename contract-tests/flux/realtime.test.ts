import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { after, describe, it } from 'node:test'
import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import pg from 'pg'
import WebSocket from 'ws'
import { signRoleToken } from '../../src/auth/roleTokens.ts'
import { startTestServer } from '../support/testServer.ts'

const clients: SupabaseClient[] = []
// Before the server's own end, after which they would try to come back.
after(() => {
  for (const client of clients) client.realtime.disconnect()
})
const server = await startTestServer()
const { anon_key, service_key, jwt_secret } = server.credentials.flux
const service = createClient(server.url, service_key)

type Payload = { eventType: string; new: Record<string, unknown>; old: Record<string, unknown>; table: string }
type Binding = { event: '*' | 'INSERT' | 'UPDATE' | 'DELETE'; schema?: string; table?: string; filter?: string }

/** A channel of the official client that has its subscription confirmed. */
async function listen(binding: Binding, count: number) {
  const client = createClient(server.url, anon_key)
  clients.push(client)
  const heard: Payload[] = []
  const all = Promise.withResolvers<Payload[]>()
  const ready = Promise.withResolvers<void>()
  client
    .channel(`test-${randomUUID()}`)
    .on('postgres_changes', { schema: 'flux', ...binding } as never, (payload: Payload) => {
      heard.push(payload)
      if (heard.length === count) all.resolve(heard)
    })
    .on('system', {}, ({ status, message }) => (status === 'ok' ? ready.resolve() : ready.reject(new Error(message))))
    .subscribe((status, error) => status === 'CHANNEL_ERROR' && ready.reject(error))
  await ready.promise
  return { heard, all: all.promise }
}

const reading = (device_id: string, time: string, soe: number) => ({ device_id, time, soe })

describe('supabase-js hears', () => {
  it('an inserted row with the values and types of a select', async () => {
    const device = randomUUID()
    const { all } = await listen({ event: 'INSERT', table: 'mg_bess_readings', filter: `device_id=eq.${device}` }, 1)
    await service.from('mg_bess_readings').insert(reading(randomUUID(), '2024-02-01T12:00:00Z', 1))
    await service.from('mg_bess_readings').insert(reading(device, '2024-02-01T12:00:00.123456Z', 65.5))
    const [payload] = await all
    const { data } = await service.from('mg_bess_readings').select().eq('device_id', device).single()
    assert.deepEqual(payload!.new, data)
    assert.equal(payload!.new.time, '2024-02-01T12:00:00.123456Z')
    assert.deepEqual([payload!.eventType, payload!.table, payload!.old], ['INSERT', 'mg_bess_readings', {}])
  })

  it('changes and deletions with the key of the old row, in commit order', async () => {
    const device = randomUUID()
    const { all } = await listen({ event: '*', table: 'mg_bess_readings', filter: `device_id=eq.${device}` }, 3)
    const time = '2024-02-02T12:00:00.000Z'
    await service.from('mg_bess_readings').insert(reading(device, time, 1))
    await service.from('mg_bess_readings').update({ soe: 2 }).eq('device_id', device)
    await service.from('mg_bess_readings').delete().eq('device_id', device)
    const heard = await all
    assert.deepEqual(
      heard.map(({ eventType, new: row, old }) => [eventType, row.soe, old]),
      [
        ['INSERT', 1, {}],
        ['UPDATE', 2, { device_id: device, time }],
        ['DELETE', undefined, { device_id: device, time }],
      ],
    )
  })

  it('only what its filter lets through', async () => {
    const device = randomUUID()
    const filters: [string, number[]][] = [
      ['soe=gt.50', [80, 90]],
      ['soe=lte.50', [20]],
      ['soe=in.(20,90)', [20, 90]],
      ['soe=not.eq.80', [20, 90]],
      ['soe=gte.20,soe=lt.90', [20, 80]],
    ]
    const listeners = await Promise.all(
      filters.map(([filter, values]) =>
        listen(
          { event: 'INSERT', table: 'mg_bess_readings', filter: `device_id=eq.${device},${filter}` },
          values.length,
        ),
      ),
    )
    const everything = await listen({ event: 'INSERT', table: 'mg_bess_readings', filter: `device_id=eq.${device}` }, 3)
    const rows = [20, 80, 90].map((soe, minute) => reading(device, `2024-02-03T12:0${minute}:00Z`, soe))
    await service.from('mg_bess_readings').insert(rows)
    await Promise.all([...listeners, everything].map(({ all }) => all))
    for (const [index, { heard }] of listeners.entries())
      assert.deepEqual(
        heard.map(({ new: row }) => row.soe),
        filters[index]![1],
        filters[index]![0],
      )
  })

  it('all tables of the schema, whatever it calls it', async () => {
    const name = randomUUID()
    const { all } = await listen(
      { event: 'INSERT', schema: 'public', table: 'mg_device_registry', filter: `name=eq.${name}` },
      1,
    )
    await service.from('mg_device_registry').insert({ name, type: 'bess', site: 'X', metadata: { a: [1] } })
    const [payload] = await all
    assert.deepEqual([payload!.new.metadata, payload!.new.active], [{ a: [1] }, true])
    await service.from('mg_device_registry').delete().eq('name', name)
  })

  it('what is wrong with a filter', async () => {
    const table = 'mg_bess_readings'
    await assert.rejects(listen({ event: '*', table, filter: 'nothing=eq.1' }, 1), /column .*nothing does not exist/)
    await assert.rejects(listen({ event: '*', table, filter: 'soe=eq.much' }, 1), /invalid input syntax/)
    await assert.rejects(listen({ event: '*', table: 'nothing' }, 1), /relation .*nothing.* does not exist/)
  })

  it('everything that is committed after it was told of its subscription', async () => {
    const device = randomUUID()
    let stop = false
    const database = new pg.Pool({ connectionString: server.databaseUrl, max: 1 })
    let last = 0
    const writing = (async () => {
      while (!stop) {
        last++
        await database.query('insert into flux.mg_bess_readings (device_id, time, soe) values ($1, now(), $2)', [
          device,
          last,
        ])
      }
    })()
    for (let round = 0; round < 5; round++) {
      const { heard } = await listen(
        { event: 'INSERT', table: 'mg_bess_readings', filter: `device_id=eq.${device}` },
        -1,
      )
      const from = last + 2
      while (last < from + 50) await new Promise(resolve => setImmediate(resolve))
      const soon = () => heard.some(({ new: row }) => row.soe === from + 40)
      while (!soon()) await new Promise(resolve => setImmediate(resolve))
      const values = heard.map(({ new: row }) => row.soe as number)
      assert.ok(values[0]! <= from, `${values[0]} is after ${from}`)
      assert.deepEqual(
        values,
        values.map((_value, index) => values[0]! + index),
      )
    }
    stop = true
    await writing
    await database.end()
  })
})

type Frame = [
  string | null,
  string | null,
  string,
  string,
  { status?: string; response?: unknown; data?: never; ids?: number[] },
]

/** A client of the protocol itself. */
async function open(query: string) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/realtime/v1/websocket?${query}`)
  const frames: unknown[] = []
  const waiting: (() => void)[] = []
  socket.on('message', text => {
    frames.push(JSON.parse(String(text)))
    for (const wake of waiting.splice(0)) wake()
  })
  await once(socket, 'open')
  return {
    socket,
    frames,
    send: (frame: unknown) => socket.send(JSON.stringify(frame)),
    async next(wanted: (frame: never) => boolean): Promise<never> {
      for (;;) {
        const index = frames.findIndex(frame => wanted(frame as never))
        if (index !== -1) return frames.splice(0, index + 1).at(-1) as never
        await new Promise<void>(resolve => waiting.push(resolve))
      }
    },
  }
}

const join = (topic: string, config: object, more: object = {}) => ['1', '1', topic, 'phx_join', { config, ...more }]
const changes = (filter: string) => ({
  postgres_changes: [{ event: '*', schema: 'flux', table: 'mg_bess_readings', filter }],
})

describe('the protocol', () => {
  it('refuses a missing and a wrong key before the handshake', async () => {
    for (const [query, message] of [
      ['vsn=2.0.0', 'API key is missing'],
      ['vsn=2.0.0&apikey=wrong', /^Failed to validate JWT/],
    ] as const) {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/realtime/v1/websocket?${query}`)
      const [request, response] = await once(socket, 'unexpected-response')
      let text = ''
      for await (const chunk of response) text += chunk
      assert.equal(response.statusCode, 401)
      if (typeof message === 'string') assert.equal(JSON.parse(text).error, message)
      else assert.match(JSON.parse(text).error, message)
      request.destroy()
    }
  })

  it('answers heartbeats, joins and leaves in both versions', async () => {
    const two = await open(`vsn=2.0.0&apikey=${anon_key}`)
    two.send([null, '7', 'phoenix', 'heartbeat', {}])
    assert.deepEqual(await two.next(() => true), [null, '7', 'phoenix', 'phx_reply', { status: 'ok', response: {} }])
    const binding = changes('soe=gt.1').postgres_changes[0]!
    two.send(join('realtime:a', { postgres_changes: [binding, { ...binding, event: 'INSERT' }, binding] }))
    const reply: Frame = await two.next(() => true)
    assert.deepEqual(reply.slice(0, 4), ['1', '1', 'realtime:a', 'phx_reply'])
    assert.deepEqual(reply[4].response, {
      postgres_changes: [
        { id: 1, ...binding },
        { id: 2, ...binding, event: 'INSERT' },
        { id: 1, ...binding },
      ],
    })
    two.send(['1', '2', 'realtime:a', 'phx_leave', {}])
    assert.deepEqual(await two.next((frame: Frame) => frame[3] === 'phx_close'), [
      '1',
      '1',
      'realtime:a',
      'phx_close',
      {},
    ])
    const one = await open(`apikey=${anon_key}`)
    one.send({ topic: 'phoenix', event: 'heartbeat', payload: {}, ref: '1' })
    assert.deepEqual(await one.next(() => true), {
      topic: 'phoenix',
      event: 'phx_reply',
      payload: { status: 'ok', response: {} },
      ref: '1',
    })
    two.socket.close()
    one.socket.close()
  })

  it('goes on where a client was, and says when it cannot', async () => {
    const device = randomUUID()
    const filter = `device_id=eq.${device}`
    const first = await open(`vsn=2.0.0&apikey=${anon_key}`)
    first.send(join('realtime:b', changes(filter)))
    const system: Frame = await first.next((frame: Frame) => frame[3] === 'system')
    await service.from('mg_bess_readings').insert(reading(device, '2024-03-01T00:00:00Z', 1))
    const event: Frame = await first.next((frame: Frame) => frame[3] === 'postgres_changes')
    const { commit_lsn } = (event[4] as unknown as { data: { commit_lsn: string } }).data
    assert.ok(commit_lsn > (system[4] as unknown as { commit_lsn: string }).commit_lsn)
    first.socket.close()
    await once(first.socket, 'close')
    await service
      .from('mg_bess_readings')
      .insert([reading(device, '2024-03-01T00:01:00Z', 2), reading(device, '2024-03-01T00:02:00Z', 3)])
    const second = await open(`vsn=2.0.0&apikey=${anon_key}`)
    // The feed has surely told of it when a new subscriber is told that it begins behind it.
    second.send(join('realtime:b', { ...changes(filter), since: commit_lsn }))
    const soe = (frame: Frame) => (frame[4].data as unknown as { record: { soe: number } }).record.soe
    assert.equal(soe(await second.next((frame: Frame) => frame[3] === 'postgres_changes')), 2)
    assert.equal(soe(await second.next((frame: Frame) => frame[3] === 'postgres_changes')), 3)
    second.send(join('realtime:c', { ...changes(filter), since: '00000000/00000001:00000000' }))
    const resync: Frame = await second.next((frame: Frame) => frame[3] === 'system' && frame[4].status !== 'ok')
    assert.equal(resync[4].status, 'resync')
    second.socket.close()
  })

  it('ends a channel whose token has expired, and renews one that shows a new one', async () => {
    const soon = await new (await import('jose')).SignJWT({
      role: 'authenticated',
      exp: Math.ceil(Date.now() / 1000) - 28,
    })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(jwt_secret))
    const client = await open(`vsn=2.0.0&apikey=${anon_key}`)
    client.send(join('realtime:short', changes('soe=gt.1'), { access_token: soon }))
    client.send(join('realtime:renewed', changes('soe=gt.1'), { access_token: soon }))
    const fresh = await signRoleToken(jwt_secret, 'authenticated')
    client.send(['1', null, 'realtime:renewed', 'access_token', { access_token: fresh }])
    const closed: Frame = await client.next((frame: Frame) => frame[3] === 'phx_close')
    assert.equal(closed[2], 'realtime:short')
    client.send(['1', '9', 'realtime:renewed', 'phx_leave', {}])
    const left: Frame = await client.next((frame: Frame) => frame[3] === 'phx_reply' && frame[1] === '9')
    assert.equal(left[4].status, 'ok')
    client.send(join('realtime:bad', {}, { access_token: 'no token' }))
    const refused: Frame = await client.next((frame: Frame) => frame[3] === 'phx_reply' && frame[2] === 'realtime:bad')
    assert.equal(refused[4].status, 'error')
    client.socket.close()
  })

  it('does in order what is asked at once: a channel that is joined and left is gone', async () => {
    const client = await open(`vsn=2.0.0&apikey=${anon_key}`)
    // A token that nobody has seen takes longer to look at than those that are known.
    const access_token = await new (await import('jose')).SignJWT({ role: 'anon', jti: randomUUID() })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(jwt_secret))
    client.send(join('realtime:brief', changes('soe=gt.1'), { access_token }))
    client.send(['1', '9', 'realtime:brief', 'phx_leave', {}])
    const left: Frame = await client.next((frame: Frame) => frame[3] === 'phx_reply' && frame[1] === '9')
    assert.equal(left[4].status, 'ok')
    await client.next((frame: Frame) => frame[3] === 'phx_close')
    client.socket.close()
  })

  it('closes on what is no frame, and says what it does not know', async () => {
    const client = await open(`vsn=2.0.0&apikey=${anon_key}`)
    client.send(['1', '1', 'realtime:none', 'anything', {}])
    const unknown: Frame = await client.next(() => true)
    assert.deepEqual(unknown[4], { status: 'error', response: { reason: 'unmatched topic' } })
    client.send(join('realtime:x', { postgres_changes: 'all' }))
    assert.equal(((await client.next(() => true)) as Frame)[4].status, 'error')
    client.send({ no: 'frame' })
    const [code] = await once(client.socket, 'close')
    assert.equal(code, 1003)
  })
})
