import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { ValidateFunction } from 'ajv'
import { isDateTime, isTimeZone } from '../../src/formats.ts'
import { generate } from '../../tools/generate.ts'
import { makeSampleProject } from './sampleContract.ts'

describe('generated validators', () => {
  let project: string
  let source: string
  let requests: Record<string, ValidateFunction[]>
  let responses: Record<string, Record<string, ValidateFunction>>
  let events: Record<string, ValidateFunction>

  before(async () => {
    project = await makeSampleProject()
    const written = await writeGenerated(project)
    source = await readFile(written, 'utf8')
    const module = await import(written)
    requests = module.requests
    responses = module.responses
    events = module.events
  })
  after(() => rm(project, { recursive: true, force: true }))

  test('parameters are coerced and defaulted, unknown query names pass', () => {
    const request = { path: {}, query: { other: 'x' }, header: { 'x-trace': '7' } }
    assert.ok(requests.listThings?.[0]?.(request))
    assert.deepEqual(request, { path: {}, query: { other: 'x', page: 1 }, header: { 'x-trace': 7 } })
    assert.equal(requests.listThings?.[0]?.({ query: { page: '0' } }), false)
    assert.equal(requests.listThings?.[0]?.({ query: { page: ['1', '2'] } }), false)
    assert.equal(requests.getThing?.[0]?.({ path: { id: 'long' } }), false)
    assert.equal(requests.getThing?.[0]?.({ path: {} }), false)
  })

  test('x-unknown-query: reject refuses unknown query names, also where none is declared', async () => {
    const openapi = await readFile(join(project, 'spec', 'sample', 'openapi.yaml'), 'utf8')
    const strict = await makeSampleProject({ 'openapi.yaml': `${openapi}x-unknown-query: reject\n` })
    const { requests } = await import(await writeGenerated(strict))
    assert.equal(requests.listThings[0]({ query: { page: '2' } }), true)
    assert.equal(requests.listThings[0]({ query: { other: 'x' } }), false)
    assert.equal(requests.deleteThings[0]({ query: { other: 'x' } }), false)
    await rm(strict, { recursive: true, force: true })
  })

  test('a body is required, defaulted and never coerced', () => {
    const [validate] = requests.sendThing ?? []
    const request = { query: {}, requestBody: { id: 'a', power: 1 } }
    assert.ok(validate?.(request))
    assert.deepEqual(request.requestBody, { id: 'a', power: 1, zone: 'UTC' })
    assert.equal(validate?.({ query: {} }), false)
    assert.equal(validate?.({ requestBody: { id: 'a', power: '1' } }), false)
    assert.equal(validate?.({ requestBody: { id: 'a', power: Number.NaN } }), false)
    assert.equal(validate?.({ requestBody: { id: 'a', power: Number.POSITIVE_INFINITY } }), false)
  })

  test('replies and messages are checked as they are, without defaults', () => {
    const reply = { id: 'a', power: 1 }
    assert.ok(responses.getThing?.['200']?.(reply))
    assert.ok(events.ThingChanged?.(reply))
    assert.deepEqual(reply, { id: 'a', power: 1 })
    assert.equal(responses.getThing?.['200']?.({ id: 'a' }), false)
    assert.equal(events.ThingChanged?.({ id: 'a', power: 1, at: 'yesterday' }), false)
  })

  test('a component is one function however many operations use it, and nothing is required at run time', () => {
    assert.equal(responses.getThing?.['200'], responses.listThings?.['200'])
    assert.doesNotMatch(source, /require\(/)
    assert.match(source, /^import \{ formats \} from '\.\.\/\.\.\/src\/formats\.ts'$/m)
  })
})

describe('formats', () => {
  test('date-time takes real instants with an offset, from 1970 to 9999', () => {
    for (const text of [
      '2026-05-10T14:00:00Z',
      '2026-05-10T14:00:00.123456789+05:45',
      '2024-02-29T00:00:00-00:00',
      '2026-05-10T14:00:00+15:59',
      '1970-01-01T00:00:00Z',
      '9999-12-31T23:59:59.999Z',
    ]) {
      assert.ok(isDateTime(text), text)
      assert.ok(Number.isFinite(Date.parse(text)), text)
    }
  })

  test('date-time refuses dates that do not exist, leap seconds, missing offsets and other centuries', () => {
    for (const text of [
      '2026-05-10T14:00:00',
      '2026-05-10 14:00:00Z',
      '2026-05-10t14:00:00z',
      '2026-05-10T14:00Z',
      '2026-02-29T00:00:00Z',
      '2026-04-31T00:00:00Z',
      '2100-02-29T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-05-10T24:00:00Z',
      '2026-06-30T23:59:60Z',
      '2026-05-10T14:00:00+24:00',
      '2026-05-10T14:00:00+16:00',
      '2026-05-10T14:00:00-23:59',
      '1970-01-01T00:00:00+00:01',
      '9999-12-31T23:59:59-00:01',
      '+012026-05-10T14:00:00Z',
      '2026-05-10T14:00:00.1234567890Z',
      '',
    ]) {
      assert.equal(isDateTime(text), false, text)
    }
  })

  test('timezone takes IANA names and no offsets', () => {
    for (const name of ['Europe/London', 'UTC', 'America/Argentina/Buenos_Aires']) assert.ok(isTimeZone(name), name)
    for (const name of ['', '+01:00', 'Europe/Coventry', 'Europe/London ']) assert.equal(isTimeZone(name), false, name)
  })
})

async function writeGenerated(folder: string): Promise<string> {
  const { write } = await import('../../tools/generate.ts')
  const files = await generate(folder)
  await write(folder, files, [...files.keys()])
  return join(folder, 'generated', 'sample', 'validators.js')
}
