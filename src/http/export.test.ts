import assert from 'node:assert/strict'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { exportReply, exportType } from './export.ts'

async function* failing(after: number): AsyncGenerator<{ id: number }[]> {
  for (let id = 0; id < after; id++) yield [{ id }]
  throw new Error('the database is away')
}

/** The rows of a CSV as it comes. */
async function csvOf(rows: object[], columns: string[]): Promise<string> {
  async function* pages() {
    yield rows
  }
  const { stream } = await exportReply('text/csv', pages(), row => row, columns)
  const server = http.createServer((_request, response) => void stream(response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    return (await answer.text()).slice(`${columns}\n`.length)
  } finally {
    server.close()
  }
}

describe('a CSV', () => {
  for (const [text, shown] of [
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', `"'\r=1"`],
    ['\n=1', `"'\n=1"`],
    ['\uff1d1', "'\uff1d1"],
    ['\uff0b1', "'\uff0b1"],
    ['\uff0d1', "'\uff0d1"],
    ['\uff201', "'\uff201"],
    ['  =1', "'  =1"],
    ['\u00a0\uff1d1', "'\u00a0\uff1d1"],
    ['\ufeff=1', "'\ufeff=1"],
    [';=1', '";=1"'],
    ['a;b', '"a;b"'],
    ['"=1"', `"""=1"""`],
    ['a=1', 'a=1'],
    [' a', ' a'],
    ["'=1", "'=1"],
  ])
    it(`has ${JSON.stringify(text)} as ${JSON.stringify(shown)}`, async () =>
      assert.equal(await csvOf([{ text }], ['text']), `${shown}\n`))
  it('leaves numbers, flags and JSON as they are', async () => {
    const row = { number: -1.5, flag: true, none: null, json: { a: '=1', b: -2 } }
    assert.equal(await csvOf([row], Object.keys(row)), `-1.5,true,,"{""a"":""=1"",""b"":-2}"\n`)
  })
})

describe('an export', () => {
  it('is made only for who prefers it to JSON', () => {
    assert.equal(exportType(undefined), undefined)
    assert.equal(exportType('*/*'), undefined)
    assert.equal(exportType('text/csv;q=0.5, application/json'), undefined)
    assert.equal(exportType('text/csv'), 'text/csv')
    assert.equal(exportType('application/x-ndjson, */*;q=0.1'), 'application/x-ndjson')
  })
  it('fails as usual when the first page cannot be read', async () => {
    await assert.rejects(
      exportReply('text/csv', failing(0), row => row, ['id']),
      /away/,
    )
  })
  it('does not end as if it were complete when a later page cannot be read', async () => {
    const faults: unknown[] = []
    const server = http.createServer(async (_request, response) => {
      const { stream } = await exportReply('application/x-ndjson', failing(2), row => row, ['id'])
      await stream(response).catch(error => faults.push(error))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    try {
      const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
      await assert.rejects(answer.text(), /terminated/)
      assert.match(String(faults[0]), /away/)
    } finally {
      server.close()
    }
  })
})
