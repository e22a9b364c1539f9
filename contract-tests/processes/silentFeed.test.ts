import assert from 'node:assert/strict'
import { it } from 'node:test'
import { send } from './requests.ts'
import { startServer } from './serverProcess.ts'
import { embeddedUrl, eventually, openSeededWorkplace, query } from './workplace.ts'

const place = openSeededWorkplace()

it('a feed whose connection falls silent without an end makes another one', async () => {
  const server = await startServer(place)
  const isReady = async () => (await send('GET', `${server.metricsUrl}/ready`)).status === 200
  const senders = () => query<{ pid: number }>(embeddedUrl(place), 'select pid from pg_stat_replication order by pid')
  await eventually('the feed', 2000, isReady)
  const [sender] = await senders()
  process.kill(sender!.pid, 'SIGSTOP')
  try {
    const another = async () => (await senders()).find(({ pid }) => pid !== sender!.pid)
    assert.ok(await eventually('another connection', 15_000, another))
    await eventually('the feed', 2000, isReady)
  } finally {
    process.kill(sender!.pid, 'SIGKILL')
  }
})
