import { newPassword } from '../../auth/secrets.ts'
import { addUploadUrls } from '../../charger/logUpload.ts'
import type { Services } from '../../services.ts'
import { noteRemoteStart } from '../../store/commandProofs.ts'
import * as commands from '../../store/ocppCommands.ts'
import { OcppError, type Outcome, type Protocol } from '../action.ts'
import { failureOf, type Verdict, verdictOf } from './outcome.ts'
import { translate } from './translate.ts'
import type { Call, Proof, Translation } from './translation.ts'

type Means = Pick<Services, 'db' | 'stations' | 'processId' | 'config' | 'log' | 'draining'>

const DAY = 86_400

/** How long a station may take for what it has accepted, in seconds. */
function patienceFor(proof: Proof, command: commands.ClaimedCommand['command'], { config }: Means): number {
  if (proof === 'installation' || command === 'soft_reset') return DAY
  if (proof === 'upload') return config.logUploadSeconds
  return config.commandExpirySeconds
}

/**
 * Brings what waits for a station of this process to it, one command after the other.
 *
 * @param underway the ids of commands that this process is at; what it has claimed beside them is lost
 */
export async function dispatchCommands(means: Means, identity: string, underway: Set<string>): Promise<void> {
  const { db, stations, processId, draining } = means
  while (!draining.aborted && stations.protocolOf(identity) !== undefined) {
    const command = await commands.claimNext(db, { identity, processId })
    if (command === undefined) return
    underway.add(command.commandId)
    try {
      if (!(await dispatch(means, identity, command))) return
    } finally {
      underway.delete(command.commandId)
    }
  }
}

/** @returns whether the station can be told more */
async function dispatch(means: Means, identity: string, command: commands.ClaimedCommand): Promise<boolean> {
  const { db, stations } = means
  const protocol = stations.protocolOf(identity)
  if (protocol === undefined) return takeBack(means, command)
  const translation = await translationOf(means, { identity, protocol, command })
  if (translation.kind === 'impossible') {
    await commands.fail(db, command.commandId, translation.failure)
    return true
  }
  if (translation.kind === 'disconnect') return reconnect(means, identity, command)
  if (translation.kind === 'planned') return leaveToPlan(means, command, translation)
  if (translation.remoteStart !== undefined)
    await noteRemoteStart(db, {
      ...command,
      ...translation.remoteStart,
      identity,
      remoteStartId: command.number,
    })
  const answer = await sendAll(means, identity, translation)
  if (answer === 'unsent') return takeBack(means, command)
  if (answer.kind === 'failed') await commands.fail(db, command.commandId, answer.failure)
  else if (translation.proof === 'answer')
    await commands.complete(db, command.commandId, { ...answer, message: answer.message ?? translation.note ?? null })
  else {
    const within = patienceFor(translation.proof, command.command, means)
    await commands.accept(db, command.commandId, { ...answer, within })
  }
  return true
}

async function translationOf(
  means: Means,
  { identity, protocol, command }: { identity: string; protocol: Protocol; command: commands.ClaimedCommand },
): Promise<Translation> {
  const { db } = means
  return translate(command.command, {
    ...command,
    ...(await commands.situationOf(db, identity, command.connectorId)),
    protocol,
    now: new Date(),
    newTag: newPassword,
    uploadUrl: await uploadUrlOf(means, identity, command),
  })
}

/** Where the log of a fetch_logs goes; only its hash is kept. */
async function uploadUrlOf(
  { db, config, stations }: Means,
  identity: string,
  { commandId, command, connectorId, params }: commands.ClaimedCommand,
): Promise<string | undefined> {
  const base = stations.addressOf(identity)
  if (command !== 'fetch_logs' || !base) return undefined
  const pending = { command_id: commandId, command, connector_id: connectorId, params, expiry: '' }
  const [opened] = await addUploadUrls(db, [pending], { base, seconds: config.logUploadSeconds })
  return String(opened!.params.upload_url)
}

/**
 * The answer to the last call, or the first one that is no consent; `unsent` where the station can be told all of it
 * again, because it got nothing yet, or only profiles, which replace themselves.
 */
async function sendAll(
  { stations, draining }: Means,
  identity: string,
  { calls, proof }: Extract<Translation, { kind: 'calls' }>,
): Promise<Verdict | 'unsent'> {
  let verdict: Verdict | undefined
  for (const call of calls) {
    let outcome = await send(stations, identity, call)
    verdict = verdictOf(outcome, call)
    if (call.otherwise !== undefined && verdict.kind === 'failed' && verdict.failure.reason === 'rejected') {
      outcome = await send(stations, identity, call.otherwise)
      const second = verdictOf(outcome, call.otherwise)
      if (second.kind === 'accepted') verdict = second
    }
    // Without an answer nobody knows whether a session has begun; a profile may be set twice.
    if (isUnsent(outcome) || (outcome.kind === 'offline' && draining.aborted && proof === 'answer')) return 'unsent'
    if (verdict.kind === 'failed') return verdict
  }
  return verdict!
}

const isUnsent = (outcome: Outcome) => outcome.kind === 'busy' || (outcome.kind === 'offline' && outcome.unsent)

async function send(stations: Means['stations'], identity: string, { action, payload }: Call): Promise<Outcome> {
  try {
    return await stations.call(identity, action, payload)
  } catch (error) {
    if (!(error instanceof OcppError)) throw error
    return { kind: 'error', code: error.code, description: error.message, details: error.details }
  }
}

/** The plan of the site, which hears of it, completes it. */
async function leaveToPlan(
  { db, config }: Means,
  { commandId }: commands.ClaimedCommand,
  { transactionId, note }: Extract<Translation, { kind: 'planned' }>,
): Promise<true> {
  const details = transactionId === undefined ? null : { transaction_id: transactionId }
  await commands.accept(db, commandId, { message: note ?? null, details, within: config.commandExpirySeconds })
  return true
}

async function takeBack({ db }: Means, { commandId }: commands.ClaimedCommand): Promise<false> {
  await commands.putBack(db, commandId)
  return false
}

/** The next connection completes it. */
async function reconnect(means: Means, identity: string, command: commands.ClaimedCommand): Promise<boolean> {
  const { db, stations } = means
  const within = patienceFor('connection', command.command, means)
  await commands.accept(db, command.commandId, { message: 'the connection was closed', details: null, within })
  if (!stations.disconnect(identity, 'Asked to connect again'))
    await commands.fail(db, command.commandId, failureOf({ kind: 'offline' }))
  return false
}
