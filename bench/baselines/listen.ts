import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Listens on a free port of loopback, tells it to whoever started this process, and ends with it. */
export function listen(server: Server): void {
  server.keepAliveTimeout = 65_000
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`)
  })
  process.on('disconnect', () => process.exit())
  process.on('SIGTERM', () => process.exit())
}
