import net from 'node:net'

/** One answer as it came over the wire. */
export interface RawAnswer {
  status: number
  headers: Record<string, string>
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape, and fail where one is not as they say.
  body: any
}

/**
 * Sends bytes that no HTTP client would send and collects what comes back, until the server closes the connection, as
 * many answers as were asked for are there, or nothing has come for a second.
 */
export function exchange(port: number, parts: (string | Buffer)[], answers = 1): Promise<RawAnswer[]> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer[]>()
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let received = Buffer.alloc(0)
  const finish = () => {
    socket.destroy()
    try {
      resolve(split(received))
    } catch (error) {
      reject(error)
    }
  }
  socket.setTimeout(1000, finish)
  socket.on('data', chunk => {
    received = Buffer.concat([received, chunk])
    if (split(received).length >= answers) finish()
  })
  socket.once('end', finish)
  // The server may close while we still write: what it said before is what counts.
  socket.on('error', finish)
  socket.once('connect', async () => {
    for (const part of parts) {
      socket.write(part)
      await new Promise(done => setImmediate(done))
    }
  })
  return promise
}

/** A request with the given lines of headers, in their order and number. */
export const lines = (first: string, headers: string[] = [], body = ''): string =>
  `${[first, 'Host: localhost', ...headers].join('\r\n')}\r\n\r\n${body}`

/** The complete answers at the beginning of what was received. */
function split(bytes: Buffer): RawAnswer[] {
  const answers: RawAnswer[] = []
  let rest = bytes
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) return answers
    const [first = '', ...fields] = rest.subarray(0, end).toString('latin1').split('\r\n')
    const headers = Object.fromEntries(
      fields.map(field => [
        field.slice(0, field.indexOf(':')).toLowerCase(),
        field.slice(field.indexOf(':') + 1).trim(),
      ]),
    )
    const status = Number(first.split(' ')[1])
    const length = Number(headers['content-length'] ?? 0)
    const body = rest.subarray(end + 4, end + 4 + length)
    if (body.length < length) return answers
    // 100 Continue is no answer.
    if (status !== 100) answers.push({ status, headers, body: length === 0 ? undefined : parse(body.toString('utf8')) })
    rest = rest.subarray(end + 4 + length)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
