import assert from 'node:assert/strict'
import { it } from 'node:test'
import { iso, midnight, openArchive } from '../../support/archive.ts'
import { startTestServer } from '../../support/testServer.ts'

/** Samples of OCPP may lack voltage, current and state of charge; no mean of the archive counts them as 0. */

const server = await startTestServer()
const archive = await openArchive(server)
const MINUTE = 60_000

interface Item {
  power: number
  voltage?: number
  current?: number
  soc?: number
}

/** Four minutes: nothing is measured in the first two, and only the second half of the third. */
async function filled(daysAgo: number) {
  const start = midnight(daysAgo) + 600_000
  const session = await archive.session(start, start + 4 * MINUTE - 5000)
  await archive.partitions(midnight(daysAgo), midnight(daysAgo))
  await session.fill()
  await archive.owner.raw(
    `update telemetry.readings set voltage_v = null, current_a = null, soc_percent = null
     where device_id = ? and time < ?`,
    [session.deviceId, iso(start + 2.5 * MINUTE)],
  )
  return { session, start }
}

const measured = ({ voltage, current, soc }: Item) => [voltage, current, soc]
const NONE = [undefined, undefined, undefined]

it('a minute has the means of what was measured in it, and nothing where nothing was', async () => {
  const { session, start } = await filled(40)
  await archive.run()
  const { items, tier } = await session.get()
  assert.equal(tier, 'minute')
  assert.deepEqual(items.map(measured), [NONE, NONE, [400, 100, 50], [400, 100, 50]])
  assert.equal(await session.upload(start + MINUTE + 1000, { voltage: 230, current: 16, soc: 20 }), 200)
  await archive.run()
  assert.deepEqual((await session.get()).items.map(measured)[1], [230, 16, 20])
})

it('so has a summary, also when more comes', async () => {
  const { session } = await filled(100)
  await archive.run()
  const { items, tier } = await session.get()
  assert.equal(tier, 'summary')
  assert.deepEqual(items.map(measured), [[400, 100, 50]])
})

it('a summary of nothing measured takes over what comes late', async () => {
  const start = midnight(120)
  const session = await archive.session(start, start + 5 * MINUTE)
  const late = async (minute: number, change: object) => {
    assert.equal(await session.upload(start + minute * MINUTE, change), 200)
    await archive.owner.raw(
      `update telemetry.readings set soc_percent = nullif(soc_percent, 0), voltage_v = nullif(voltage_v, 0),
         current_a = nullif(current_a, 0) where device_id = ?`,
      [session.deviceId],
    )
    await archive.run()
    return measured((await session.get()).items[0])
  }
  const nothing = { soc: 0, voltage: 0, current: 0 }
  assert.deepEqual(await late(0, nothing), NONE)
  assert.deepEqual(await late(1, { soc: 30, voltage: 400, current: 20 }), [400, 20, 30])
  assert.deepEqual(await late(2, nothing), [400, 20, 30])
})
