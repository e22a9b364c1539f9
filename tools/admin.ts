import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { hash } from '@node-rs/argon2'
import type { Knex } from 'knex'
import { SCOPES } from '../src/auth/scopes.ts'
import { hashSecret, newPassword, newSecret } from '../src/auth/secrets.ts'
import { readConfig } from '../src/config.ts'
import { StartError } from '../src/errors.ts'
import { isIdentity } from '../src/ocpp/handshake.ts'
import { connectAsOwner } from '../src/postgres/connect.ts'
import { runningPostgres } from '../src/postgres/embedded.ts'
import * as auditLogs from '../src/store/auditLogs.ts'
import * as boardTokens from '../src/store/boardTokens.ts'
import * as clients from '../src/store/clients.ts'
import * as stations from '../src/store/ocppStations.ts'
import * as operators from '../src/store/operators.ts'
import * as tenants from '../src/store/tenants.ts'
import { main } from './main.ts'

const USAGE = `npm run admin -- <command>

  create-tenant   --slug acme --name "Acme Charging"
  create-operator --tenant acme --id acme-charging-uk --name "Acme Charging Network UK" --country GB
  create-client   --tenant acme --name console --scopes "read write"
  revoke-client   --id acme-console-1f0c33aa
  create-station  --tenant acme --identity CP-001 [--site <site id>]
  create-board-token --tenant acme --name ada
  list-tenants
  remove-audit-logs --tenant acme --older-than-days 730
  hash-password   < a file with the password of BOARD_USER

A secret is printed once and kept as a hash only. Works on DATABASE_URL, or on the embedded database of a running server.`

const COMMANDS: Record<string, (db: Knex, options: Record<string, string | undefined>) => Promise<void>> = {
  async 'create-tenant'(db, options) {
    const slug = required(options, 'slug')
    if ((await tenants.findBySlug(db, slug)) !== undefined) throw new StartError(`the tenant ${slug} exists`)
    print({ tenant_id: await tenants.create(db, { slug, name: required(options, 'name') }), slug })
  },
  async 'create-operator'(db, options) {
    const tenantId = await tenantOf(db, options)
    const operator = {
      id: required(options, 'id'),
      name: required(options, 'name'),
      country: required(options, 'country'),
    }
    await operators.create(db, tenantId, operator)
    print(operator)
  },
  async 'create-client'(db, options) {
    const tenant_id = await tenantOf(db, options)
    const name = required(options, 'name')
    const scopes = required(options, 'scopes').split(/[ ,]+/).filter(Boolean)
    const unknown = scopes.find(scope => !SCOPES.includes(scope))
    if (unknown !== undefined) throw new StartError(`there is no scope ${unknown}; there are ${SCOPES.join(', ')}`)
    const secret = newSecret()
    const client_id = `${options.tenant}-${name}-${randomBytes(4).toString('hex')}`
    await clients.create(db, { client_id, tenant_id, name, scopes, secret_hash: hashSecret(secret) })
    print({ client_id, client_secret: secret, scopes })
  },
  async 'revoke-client'(db, options) {
    const client_id = required(options, 'id')
    if (!(await clients.revoke(db, client_id))) throw new StartError(`there is no client ${client_id}, or not any more`)
    print({ client_id, revoked: true })
  },
  async 'remove-audit-logs'(db, options) {
    const days = Number(required(options, 'older-than-days'))
    if (!Number.isInteger(days) || days < 1 || days > 36_500)
      throw new StartError('--older-than-days must be a whole number from 1 to 36500')
    print({ removed: await auditLogs.removeOld(db, await tenantOf(db, options), days) })
  },
  async 'create-station'(db, options) {
    const tenantId = await tenantOf(db, options)
    const identity = required(options, 'identity')
    if (!isIdentity(identity)) throw new StartError('an identity has 1 to 255 printable characters')
    const siteId = options.site || null
    if (siteId !== null && !(await stations.isSiteOf(db, tenantId, siteId)))
      throw new StartError(`there is no site ${siteId} of ${options.tenant}`)
    const password = newPassword()
    const isNew = await stations.create(db, { identity, tenantId, siteId, passwordHash: hashSecret(password) })
    if (!isNew) throw new StartError(`the identity ${identity} is taken`)
    print({ identity, password })
  },
  async 'create-board-token'(db, options) {
    const tenantId = await tenantOf(db, options)
    const [userName, token] = [required(options, 'name'), newSecret()]
    await boardTokens.create(db, { hash: hashSecret(token), tenantId, userName })
    print({ user: userName, token })
  },
  async 'list-tenants'(db) {
    print(await tenants.list(db))
  },
}

/** What BOARD_PASSWORD_HASH takes, of a password that is in no list of processes and no history of a shell. */
async function hashPassword(): Promise<void> {
  const password = (await text(process.stdin)).replace(/\r?\n$/, '')
  if (password === '') throw new StartError('the password is read from the standard input, which is empty')
  console.log(await hash(password))
}

await main(async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: Object.fromEntries(
      ['slug', 'name', 'tenant', 'scopes', 'id', 'country', 'older-than-days', 'identity', 'site'].map(name => [
        name,
        { type: 'string' as const },
      ]),
    ),
  })
  if (positionals[0] === 'hash-password') return hashPassword()
  const command = COMMANDS[positionals[0] ?? '']
  if (command === undefined) throw new StartError(USAGE)
  const config = readConfig()
  const db = connectAsOwner(config.databaseUrl ?? runningPostgres(config.dataDir))
  try {
    await command(db, values as Record<string, string | undefined>)
  } finally {
    await db.destroy()
  }
})

async function tenantOf(db: Knex, options: Record<string, string | undefined>): Promise<string> {
  const tenantId = await tenants.findBySlug(db, required(options, 'tenant'))
  if (tenantId === undefined) throw new StartError(`there is no tenant ${options.tenant}`)
  return tenantId
}

function required(options: Record<string, string | undefined>, name: string): string {
  const value = options[name]
  if (value === undefined || value === '') throw new StartError(`--${name} is missing\n\n${USAGE}`)
  return value
}

function print(value: unknown): void {
  console.log(JSON.stringify(value, null, 2))
}
