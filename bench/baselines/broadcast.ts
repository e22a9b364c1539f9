import { createServer } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { WebSocketServer } from 'ws'
import { listen } from './listen.ts'

/** A bare `ws` server that sends frames of the stream's shape to everybody, as fast as it can, when it is told to. */
const [deviceId] = process.argv.slice(2)
const server = createServer()
const sockets = new WebSocketServer({ server, path: '/stream', perMessageDeflate: false })

function frame(time: number): Buffer {
  const connector = { connector_id: 1, state: 'charging', power: 180, soc: 42, energy_delivered: 1.5 }
  return Buffer.from(
    JSON.stringify({
      device_id: deviceId,
      timestamp: new Date(time).toISOString(),
      connectors: [{ ...connector, voltage: 400, current: 450 }],
    }),
  )
}

process.on('message', async (frames: number) => {
  for (let index = 0; index < frames; index++) {
    const bytes = frame(Date.now() + index)
    for (const socket of sockets.clients) socket.send(bytes, { binary: false })
    await setImmediate()
  }
})
listen(server)
