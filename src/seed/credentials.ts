import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { signRoleToken } from '../auth/roleTokens.ts'

/** The secrets of the demo, by contract; `credentials.json` of the data directory. Parts join with their contract. */
export interface Credentials {
  tellus: { client_id: string; client_secret: string; admin_client_id: string; admin_client_secret: string }
  flux: FluxCredentials
  board: BoardCredentials
  /** A station of the first tenant; its password is also the one that unknown stations enroll with. */
  ocpp: { identity: string; password: string }
  other_tenant: { tellus: { client_id: string; client_secret: string }; board?: BoardCredentials }
}

export interface FluxCredentials {
  anon_key: string
  service_key: string
  jwt_secret: string
}

export interface BoardCredentials {
  token: string
}

export const credentialsFile = (dataDir: string) => path.join(dataDir, 'credentials.json')

/** @returns undefined where there are none */
export function readCredentials(dataDir: string): Partial<Credentials> | undefined {
  const file = credentialsFile(dataDir)
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined
}

/** Writes all or nothing: a process that is killed leaves the old file or the new one. */
export function writeCredentials(dataDir: string, credentials: Partial<Credentials>): void {
  fs.mkdirSync(dataDir, { recursive: true })
  const file = credentialsFile(dataDir)
  fs.writeFileSync(`${file}.new`, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 })
  fs.renameSync(`${file}.new`, file)
}

/** @param secret that of the server, where it has one already */
export async function newFluxCredentials(secret = randomBytes(32).toString('hex')): Promise<FluxCredentials> {
  return {
    anon_key: await signRoleToken(secret, 'anon'),
    service_key: await signRoleToken(secret, 'service_role'),
    jwt_secret: secret,
  }
}
