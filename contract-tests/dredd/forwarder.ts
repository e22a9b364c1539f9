import net from 'node:net'

/** A way to Postgres that can be cut. */
export interface Forwarder {
  /** The address of the database by this way. */
  url: string
  /** Ends every connection and refuses new ones, as a database does that is away. */
  cut(): Promise<void>
  /** Lets connections through again. */
  mend(): Promise<void>
}

/** Forwards a port of loopback to the database of the given address. */
export async function forwardTo(databaseUrl: string): Promise<Forwarder> {
  const target = new URL(databaseUrl)
  const sockets = new Set<net.Socket>()
  const keep = (socket: net.Socket) =>
    sockets.add(socket.once('close', () => sockets.delete(socket)).on('error', () => socket.destroy()))
  const server = net.createServer(near => {
    const far = net.connect(Number(target.port || 5432), target.hostname)
    keep(near)
    keep(far)
    near.pipe(far).pipe(near)
  })
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as net.AddressInfo
  const url = new URL(target)
  url.host = `127.0.0.1:${port}`
  return {
    url: url.href,
    cut: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
    mend: () => listen(port),
  }
}
