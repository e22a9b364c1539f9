import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { createClient } from '@supabase/supabase-js'
import { startTestServer } from '../support/testServer.ts'

const server = await startTestServer()
const { service_key } = server.credentials.flux
const flux = createClient(server.url, service_key)

interface Signal {
  id: string
  time: string
  value: number
  metadata: { n: number } | null
}

/** Walks from page to page by their links. */
async function walk(first: string): Promise<{ rows: Signal[]; pages: number }> {
  const rows: Signal[] = []
  let pages = 0
  for (let path: string | undefined = first; path !== undefined; pages++) {
    const response: Response = await fetch(`${server.url}${path}`, { headers: { apikey: service_key } })
    assert.equal(response.status, 200, path)
    rows.push(...((await response.json()) as Signal[]))
    path = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1]
  }
  return { rows, pages }
}

/** Signals of a type of their own: three for each of a few instants, every other one without metadata. */
async function signals(type: number): Promise<Signal[]> {
  const rows = Array.from({ length: 24 }, (_value, index) => ({
    type,
    time: `2024-03-01T0${Math.floor(index / 3)}:00:00.000Z`,
    value: index,
    metadata: index % 2 === 0 ? null : { n: index },
  }))
  const { data, error } = await flux.from('market_data').insert(rows).select('id, time, value, metadata')
  assert.equal(error, null)
  return data as Signal[]
}

const ids = (rows: Signal[]) => rows.map(({ id }) => id)

describe('pages', () => {
  for (const order of ['time', 'time.desc', 'time.desc,value', 'value.desc', 'id', 'type,time,value.desc'])
    it(`lose and repeat no row that shares a timestamp, ordered by ${order}`, async () => {
      const type = 1000 + order.length
      const inserted = await signals(type)
      const { rows, pages } = await walk(`/rest/v1/market_data?type=eq.${type}&order=${order}&limit=4`)
      assert.deepEqual(ids(rows).sort(), ids(inserted).sort())
      assert.equal(pages, 7, 'six full ones, and one that tells that there is no more')
      const whole = await flux.from('market_data').select('id').eq('type', type)
      assert.equal(whole.data!.length, 24)
    })

  it('go on where nulls begin and end', async () => {
    const device = randomUUID()
    const readings = Array.from({ length: 12 }, (_value, index) => ({
      device_id: device,
      time: `2024-03-02T00:${String(index).padStart(2, '0')}:00.000Z`,
      soe: index % 3 === 0 ? null : index % 4,
    }))
    await flux.from('mg_bess_readings').insert(readings)
    for (const order of ['soe', 'soe.desc', 'soe.nullsfirst', 'soe.desc.nullslast']) {
      const { rows } = await walk(`/rest/v1/mg_bess_readings?device_id=eq.${device}&order=${order}&limit=5`)
      const { data } = await flux.from('mg_bess_readings').select('id').eq('device_id', device)
      assert.deepEqual(ids(rows).sort(), ids(data as Signal[]).sort(), order)
    }
  })

  it('are not moved by rows that are inserted meanwhile', async () => {
    const inserted = await signals(2000)
    const path = '/rest/v1/market_data?type=eq.2000&order=time.desc&limit=10'
    const response = await fetch(`${server.url}${path}`, { headers: { apikey: service_key } })
    const first = (await response.json()) as Signal[]
    await flux.from('market_data').insert({ type: 2000, time: '2024-03-01T09:00:00Z', value: 99 })
    const { rows } = await walk(/^<(.+)>/.exec(response.headers.get('link')!)![1]!)
    assert.deepEqual(ids([...first, ...rows]).sort(), ids(inserted).sort())
  })

  it('keep the limit that came in a Range header', async () => {
    await signals(3000)
    const response = await fetch(`${server.url}/rest/v1/market_data?type=eq.3000&order=time`, {
      headers: { apikey: service_key, Range: '0-9' },
    })
    assert.equal(response.headers.get('content-range'), '0-9/*')
    const link = response.headers.get('link')!
    assert.match(link, /limit=10&after=/)
    assert.equal((await walk(/^<(.+)>/.exec(link)![1]!)).rows.length, 14)
  })

  for (const after of ['', 'x', '{}', '[1]', '["2024-03-01Z"]', '["a","b","c"]', '["no time","no id"]'])
    it(`refuse to go on after ${after || 'nothing'}`, async () => {
      const path = `/rest/v1/market_data?order=time&limit=2&after=${encodeURIComponent(after)}`
      const answer = await fetch(`${server.url}${path}`, { headers: { apikey: service_key } })
      assert.equal(answer.status, 400, path)
      const { code } = (await answer.json()) as { code: string }
      assert.match(code, /^(PGRST100|22P02|22007)$/)
    })
})
