import assert from 'node:assert/strict'
import { test } from 'node:test'
import type pg from 'pg'
import { pino } from 'pino'
import { MessageLog } from './messageLog.ts'
import { blank } from './rpc/effects.ts'

const MEBIBYTE = 1024 * 1024

test('long messages fill the log before there are many, and go to the database a few at a time', async () => {
  const sizes: number[] = []
  // The payloads are the last value of the statement.
  const query = async ({ values }: { values: Buffer[] }) => void sizes.push(values.at(-1)!.length)
  const pool = { query } as unknown as pg.Pool
  const log = new MessageLog({ pool, processId: 'p', log: pino({ enabled: false }), queueLimit: 20_000 })
  const link = { tenantId: 't', identity: 'CP-1', connectionId: 'c', protocol: 'ocpp1.6' }
  const record = { ...blank('IN', 'CALL', 'DataTransfer', 0), payload: { data: 'x'.repeat(MEBIBYTE) } }
  let taken = 1
  while (taken < 200 && log.add(record, link, true)) taken++
  assert.equal(taken, 128)
  assert.ok(log.isFull)
  await log.stop()
  assert.ok(!log.isFull)
  assert.ok(Math.max(...sizes) <= 16 * MEBIBYTE)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  assert.ok(total > 128 * MEBIBYTE && total < 129 * MEBIBYTE)
})
