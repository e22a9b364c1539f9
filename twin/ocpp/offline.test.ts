import assert from 'node:assert/strict'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { CentralSystem } from './centralSystem.ts'
import { runOcppTwin } from './run.ts'

for (const protocol of ['ocpp1.6', 'ocpp2.0.1'] as const)
  test(`what a ${protocol} station could not say in one run, it says in the next`, async t => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'twin-'))
    t.after(() => rm(folder, { recursive: true }))
    const stateFile = path.join(folder, 'twin.json')
    const central = new CentralSystem(protocol)
    const url = await central.listen()
    t.after(() => central.close())
    const quiet = { sessionsPerHour: 0, faultRate: 0, reconnectRate: 0 }
    const [signal, abort] = [new AbortController(), new AbortController()]
    const settings = { MeterValueSampleInterval: '1' }
    const options = { url, protocol, chargers: 1, password: 'sixteen characters', stateFile, settings, ...quiet }
    const first = runOcppTwin({ ...options, occupied: 0, signal: signal.signal, abort: abort.signal })
    await central.hears('BootNotification')
    if (protocol === 'ocpp1.6') await central.ask('RemoteStartTransaction', { idTag: 'A', connectorId: 1 })
    else {
      const idToken = { idToken: 'A', type: 'Central' }
      await central.ask('RequestStartTransaction', { idToken, remoteStartId: 1, evseId: 1 })
    }
    const begin = await central.hears(protocol === 'ocpp1.6' ? 'StartTransaction' : 'TransactionEvent')
    central.shut()
    signal.abort()
    setTimeout(() => abort.abort(), 500)
    const { ok, transactions } = await first
    assert.ok(!ok && transactions.kept > 0, JSON.stringify(transactions))
    assert.equal((await stat(stateFile)).mode & 0o777, 0o600)

    central.heard.length = 0
    central.reopen()
    const next = new AbortController()
    const second = runOcppTwin({ ...options, occupied: 0, signal: next.signal })
    if (protocol === 'ocpp1.6') {
      const { transactionId, reason } = await central.hears('StopTransaction')
      assert.deepEqual([transactionId, reason], [1, 'PowerLoss'])
    } else {
      const { transactionInfo } = await central.hears('TransactionEvent', each => each.eventType === 'Ended')
      assert.equal(transactionInfo.transactionId, begin.transactionInfo.transactionId)
    }
    next.abort()
    const summary = await second
    assert.ok(summary.ok, JSON.stringify(summary))
    assert.equal(summary.transactions.acknowledged, transactions.kept)
  })
