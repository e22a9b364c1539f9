import type { Knex } from 'knex'
import { hashSecret } from '../auth/secrets.ts'
import * as passwords from '../store/stationPasswords.ts'
import type { Outcome } from './action.ts'
import { newPasswordIn, resultOf } from './passwordChange.ts'

interface Call {
  identity: string
  action: string
  payload: Record<string, unknown>
}

/**
 * Sends a call, and where that gives the station a new password, sees that the station gets in with it: with the old one
 * and the new one until it has said which, and with the new one only when it took it (A01 of both security profiles).
 */
export async function withPasswordKept(db: Knex, call: Call, send: () => Promise<Outcome>): Promise<Outcome> {
  const password = newPasswordIn(call)
  if (password === undefined) return send()
  const hash = hashSecret(password)
  await passwords.expect(db, call.identity, hash)
  const outcome = await send()
  const result = resultOf(call, outcome)
  if (result === 'taken') await passwords.adopt(db, call.identity, hash)
  if (result === 'refused') await passwords.forget(db, call.identity, hash)
  return outcome
}
