import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFrame } from './frame.ts'

const payloadOf = (text: string) => {
  const frame = parseFrame(text, 'ocpp1.6')
  assert.equal(frame.type, 'CALL')
  return frame.payload
}

test('NUL and half characters, which the database refuses, are taken out of texts', () => {
  const text = String.raw`[2,"1","BootNotification",{"serial":"AB\u0000\u0000","name":"x\uD83D","deep":[{"v":"\u0000"}]}]`
  assert.deepEqual(payloadOf(text), { serial: 'AB', name: 'x\ufffd', deep: [{ v: '' }] })
})

test('whole characters and escaped backslashes stay', () => {
  const text = String.raw`[2,"1","DataTransfer",{"data":"\ud83d\ude97 C:\\u0000"}]`
  assert.deepEqual(payloadOf(text), { data: String.raw`🚗 C:\u0000` })
})
