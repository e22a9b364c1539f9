import type { Charger } from '../fleet.ts'

const ISO_LENGTH = 24
const NO_TIME = '0000-00-00T00:00:00.000Z'
/** The newest timestamp that each charger has used, over all jobs. */
const used = new Map<string, number>()

/** The requests of one charger: made once, with a timestamp that no request had before written into them each time. */
export function telemetryBytes(port: number, { deviceId, token }: Charger): () => Buffer {
  const body = JSON.stringify({
    timestamp: NO_TIME,
    connector_id: 1,
    state: 'charging',
    voltage: 400,
    current: 450,
    power: 180,
    energy_delivered: 1.5,
    soc: 42,
  })
  const head = [
    'POST /v1/device/telemetry HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ]
  const text = `${head.join('\r\n')}\r\n\r\n${body}`
  const bytes = Buffer.from(text, 'latin1')
  const at = text.indexOf(NO_TIME)
  return () => {
    const time = Math.max(Date.now(), (used.get(deviceId) ?? 0) + 1)
    used.set(deviceId, time)
    bytes.write(new Date(time).toISOString(), at, ISO_LENGTH, 'latin1')
    return bytes
  }
}

/** An operator's command to one charger. */
export function commandBytes(port: number, { deviceId }: Charger, token: string): () => Buffer {
  const body = JSON.stringify({ charge_power: 22, target_soc: 80 })
  const head = [
    `POST /v1/devices/${deviceId}/connectors/1/start HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ]
  const bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1')
  return () => bytes
}

export function getBytes(port: number, path: string, token: string): () => Buffer {
  const head = [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, `Authorization: Bearer ${token}`]
  const bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1')
  return () => bytes
}
