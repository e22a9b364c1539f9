import { randomUUID } from 'node:crypto'
import http from 'node:http'
import { readCredentials } from './serverProcess.ts'
import type { Workplace } from './workplace.ts'

export interface Answer {
  status: number
  headers: http.IncomingHttpHeaders
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape, and fail where one is not as they say.
  body: any
}

interface RequestOptions {
  token?: string
  body?: unknown
  /** Sent as Idempotency-Key. */
  key?: string
  agent?: http.Agent
}

/** One request with Node's plain client, which never sends anything twice. */
export function send(
  method: string,
  url: string,
  { token, body, key, agent = new http.Agent() }: RequestOptions = {},
): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(key === undefined ? {} : { 'idempotency-key': key }),
    ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  }
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, agent }, response => {
      let answer = ''
      response.setEncoding('utf8').on('data', chunk => {
        answer += chunk
      })
      response.once('error', reject)
      response.once('end', () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: answer === '' ? undefined : JSON.parse(answer),
        }),
      )
    })
    request.once('error', reject)
    request.end(text)
  })
}

export interface Charger {
  deviceId: string
  secret: string
  token: string
}

/** A new charger of the demo tenant with its token. */
export async function registerCharger(url: string): Promise<Charger> {
  const facts = { sn: `P-${randomUUID()}`, model: 'TP-DC180', manufacturer: 'Tellus Power', firmware_version: '1.0.0' }
  const registered = await send('POST', `${url}/v1/device/register`, { body: facts })
  const { device_id, device_secret } = registered.body.data
  return { deviceId: device_id, secret: device_secret, token: await chargerToken(url, device_id, device_secret) }
}

export async function chargerToken(url: string, device_id: string, device_secret: string): Promise<string> {
  const body = { device_id, device_secret, grant_type: 'client_credentials' }
  return (await send('POST', `${url}/v1/device/token`, { body })).body.access_token
}

/** A token of the demo tenant's administrator. */
export async function operatorToken(url: string, place: Workplace): Promise<string> {
  const { admin_client_id: client_id, admin_client_secret: client_secret } = readCredentials(place).tellus
  const body = { grant_type: 'client_credentials', client_id, client_secret }
  return (await send('POST', `${url}/v1/oauth/token`, { body })).body.access_token
}
