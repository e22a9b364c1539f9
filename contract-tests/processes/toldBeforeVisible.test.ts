import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { sample } from '../support/bodies.ts'
import { type Answer, operatorToken, registerCharger, send } from './requests.ts'
import { startServer } from './serverProcess.ts'
import { embeddedUrl, eventually, openSeededWorkplace, query } from './workplace.ts'

const place = openSeededWorkplace()
const server = await startServer(place)
const postgresLog = path.join(place.dataDir, 'postgres.log')
const operator = await operatorToken(server.url, place)
const ask = <Row extends Record<string, unknown>>(text: string) => query<Row>(embeddedUrl(place), text)

async function setStandby(name: string): Promise<void> {
  await ask(`alter system set synchronous_standby_names = '${name}'`)
  await ask('select pg_reload_conf()')
}

/** Has Postgres write down each statement that has ended; of a connection, only the last one can be asked for. */
async function keepStatements(): Promise<void> {
  await ask('alter system set log_min_duration_statement = 0')
  await ask('select pg_reload_conf()')
  await eventually('the setting', 5000, async () => {
    const [row] = await ask<{ log_min_duration_statement: string }>('show log_min_duration_statement')
    return row!.log_min_duration_statement === '0'
  })
}

/**
 * Makes Postgres hold one commit between its two moments: written to the log, which the feed reads, and shown to other
 * queries. It does so while it waits for a standby, and here for one that does not exist.
 */
async function between(write: () => Promise<Answer>, look: () => Promise<void>): Promise<Answer> {
  await setStandby('nobody')
  try {
    const written = write()
    await eventually('a commit that waits', 5000, async () => {
      const rows = await ask(`select from pg_stat_activity where wait_event = 'SyncRep'`)
      return rows.length > 0
    })
    await eventually('the feed to have been told', 5000, async () => {
      const [row] = await ask<{ told: boolean }>(
        'select bool_and(sent_lsn >= pg_current_wal_flush_lsn()) as told from pg_stat_replication',
      )
      return row!.told
    })
    await look()
    await setStandby('')
    return await written
  } finally {
    await setStandby('')
  }
}

describe('what the feed tells before other queries can see it', () => {
  it('a command reaches the long-poll as soon as it can be seen', async () => {
    const { deviceId, token } = await registerCharger(server.url)
    await keepStatements()
    const poll = send('GET', `${server.url}/v1/device/commands?wait=20`, { token })
    const address = `/v1/devices/${deviceId}/connectors/1/start`
    const body = { charge_power: 50, target_soc: 80 }
    // The long-poll has begun to wait: it has looked, and what it does next is to be told.
    await eventually('the long-poll', 5000, () => fs.readFileSync(postgresLog, 'utf8').includes('min(offered_at)'))
    const queued = await between(
      () => send('POST', `${server.url}${address}`, { token: operator, body }),
      async () => {},
    )
    const shown = performance.now()
    const { status, body: answer } = await poll
    assert.deepEqual([status, answer.data.command_id], [200, queued.body.data.command_id])
    assert.ok(performance.now() - shown < 5000, `${performance.now() - shown} ms`)
  })

  it('a revoked token is refused although its row still reads as good', async () => {
    const { deviceId, token } = await registerCharger(server.url)
    const upload = () => send('POST', `${server.url}/v1/device/telemetry`, { token, body: {} })
    assert.equal((await upload()).status, 400)
    const reset = () => send('POST', `${server.url}/v1/devices/${deviceId}/reset-secret`, { token: operator })
    const answer = await between(reset, async () => {
      const refused = async () => (await upload()).status === 401
      assert.ok(await eventually('refusal', 1000, refused))
      const [row] = await ask<{ good: number }>(
        `select count(*)::int as good from core.access_tokens where device_id = '${deviceId}' and revoked_at is null`,
      )
      assert.equal(row!.good, 1)
      assert.equal((await upload()).status, 401)
    })
    assert.equal(answer.status, 200)
    assert.equal((await send('POST', `${server.url}/v1/device/telemetry`, { token, body: sample() })).status, 401)
  })
})
