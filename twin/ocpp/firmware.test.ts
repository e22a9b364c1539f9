import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CentralSystem } from './centralSystem.ts'
import { runOcppTwin } from './run.ts'

test('firmware is downloaded, installed once nobody charges, and booted with', async () => {
  const central = new CentralSystem('ocpp1.6')
  const url = await central.listen()
  const quiet = { sessionsPerHour: 0, occupied: 0, faultRate: 0, reconnectRate: 0 }
  const run = runOcppTwin({ url, protocol: 'ocpp1.6', chargers: 1, password: 'x', duration: 5, speed: 60, ...quiet })
  assert.equal((await central.hears('BootNotification')).firmwareVersion, '3.0.2')
  const retrieveDate = new Date(0).toISOString()
  await central.ask('UpdateFirmware', { location: 'https://files.example.com/TP-DC180_3.1.0.bin', retrieveDate })
  for (const wanted of ['Downloading', 'Downloaded', 'Installing'])
    assert.equal((await central.hears('FirmwareStatusNotification')).status, wanted)
  assert.equal((await central.hears('BootNotification')).firmwareVersion, 'TP-DC180_3.1.0')
  assert.equal((await central.hears('FirmwareStatusNotification')).status, 'Installed')
  assert.equal((await run).ok, true)
  central.close()
})
