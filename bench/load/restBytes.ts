import type { RestTraffic } from './job.ts'
import { newReading, nextTime } from './reading.ts'

const ISO_LENGTH = 24
const NO_TIME = '0000-00-00T00:00:00.000Z'

/** A request of a connection, made once; new readings get times that none had before written into them each time. */
export function restBytes(
  port: number,
  { method, path, key, rows, body, schema }: RestTraffic,
  connection: number,
): () => Buffer {
  const content = rows === undefined ? (body ?? '') : readings(rows, connection)
  const head = [
    `${method} ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    `apikey: ${key}`,
    `Authorization: Bearer ${key}`,
    ...(schema === undefined ? [] : [`${method === 'GET' ? 'Accept' : 'Content'}-Profile: ${schema}`]),
    ...(content === '' ? [] : ['Content-Type: application/json', `Content-Length: ${content.length}`]),
  ]
  const text = `${head.join('\r\n')}\r\n\r\n${content}`
  const bytes = Buffer.from(text, 'latin1')
  const places = [...text.matchAll(new RegExp(NO_TIME, 'g'))].map(({ index }) => index)
  return () => {
    for (const at of places) bytes.write(nextTime(), at, ISO_LENGTH, 'latin1')
    return bytes
  }
}

function readings(rows: number, connection: number): string {
  const reading = newReading(connection, NO_TIME)
  return JSON.stringify(rows === 1 ? reading : Array.from({ length: rows }, () => reading))
}
