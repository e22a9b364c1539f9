import assert from 'node:assert/strict'
import fs from 'node:fs'
import { it } from 'node:test'

interface Operation {
  operationId: string
  security?: Record<string, string[]>[]
  'x-status': string
  'x-audit'?: string
}

/** Ending one's own session changes nothing but that session. */
const UNAUDITED = ['deleteSession']
const PEOPLE = new Set(['operatorToken', 'sessionCookie', 'sessionBearer'])

for (const contract of ['tellus', 'board'])
  it(`every write of ${contract} that somebody who is logged in can make says what the audit log keeps of it`, () => {
    const { paths } = JSON.parse(fs.readFileSync(`generated/${contract}/openapi.json`, 'utf8'))
    const writes = Object.values<Record<string, Operation>>(paths)
      .flatMap(methods => ['post', 'put', 'patch', 'delete'].flatMap(method => methods[method] ?? []))
      .filter(operation => operation['x-status'] === 'implemented')
      .filter(({ security = [] }) => security.flatMap(Object.keys).some(scheme => PEOPLE.has(scheme)))
    assert.ok(writes.length > 5)
    const silent = writes.filter(operation => operation['x-audit'] === undefined).map(({ operationId }) => operationId)
    assert.deepEqual(
      silent.filter(id => !UNAUDITED.includes(id)),
      [],
    )
  })
