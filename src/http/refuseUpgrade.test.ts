import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { answerRaw } from './refuseUpgrade.ts'

test('who is refused and does not close its side is cut off', { timeout: 10_000 }, async () => {
  // As the server of node:http is.
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const [accepted] = (await once(server, 'connection')) as [Socket]
  answerRaw(accepted, 404, { error: 'no such path' })
  assert.match(await text(client), /^HTTP\/1\.1 404 Not Found\r\n.*\{"error":"no such path"\}$/s)
  await once(accepted, 'close')
  client.destroy()
  server.close()
})
