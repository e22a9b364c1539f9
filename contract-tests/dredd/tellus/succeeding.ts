import { randomUUID } from 'node:crypto'
import type { Draft } from '../draft.ts'
import type { World } from './world.ts'

type Fields = Record<string, unknown>

/** Sees to what a request needs to succeed, beyond its credential: the examples name things that are not there. */
export type Preparation = (draft: Draft, world: World) => Promise<void> | void

const withFields =
  (fields: (world: World) => Fields | Promise<Fields>): Preparation =>
  async (draft, world) => {
    draft.body = { ...(draft.body as Fields), ...(await fields(world)) }
  }

const ofCharger: Preparation = (draft, { charger }) => {
  draft.path.id = charger.deviceId
}

const setSchedule: Preparation = async (draft, world) => {
  ofCharger(draft, world)
  const path = `/v1/devices/${world.charger.deviceId}/connectors/${draft.path.cid}/schedule`
  const slot = { day_of_week: ['mon'], start: '00:30', end: '05:30', action: 'charge' }
  const body = { schedule_id: 'weekly', enabled: true, type: 'weekly', time_slots: [slot], timezone: 'Europe/London' }
  await world.server.call('POST', path, { token: world.operator, body })
}

const ofProfile: Preparation = async (draft, { findProfile }) => {
  draft.path.id = await findProfile()
}

const ofNewAccount: Preparation = async (draft, { makeAccount }) => {
  draft.path.id = (await makeAccount()).service_account_id
}

/** By operationId; the others succeed with their examples, some because the demo's fleet has the ids of the examples. */
export const succeeding: Record<string, Preparation> = {
  registerDevice: withFields(() => ({ sn: `DREDD-${randomUUID()}` })),
  issueDeviceToken: withFields(({ charger }) => ({ device_id: charger.deviceId, device_secret: charger.secret })),
  uploadTelemetry: withFields(() => ({ timestamp: new Date().toISOString() })),
  uploadChargingRecord: withFields(() => ({ record_id: randomUUID() })),
  async fetchCommand(draft, world) {
    await world.queueCommand()
    draft.query.wait = '0'
  },
  reportCommandStatus: withFields(async world => ({ command_id: await world.queueCommand(), status: 'completed' })),
  registerSite: withFields(({ charger }) => ({ site_id: randomUUID(), device_ids: [charger.deviceId] })),
  issueOperatorToken: withFields(({ server }) => {
    const { client_id, client_secret } = server.credentials.tellus
    return { client_id, client_secret }
  }),
  issueServiceAccountToken: withFields(({ makeAccount }) => makeAccount()),
  rotateServiceAccount: ofNewAccount,
  disableServiceAccount: ofNewAccount,
  createOrganization: withFields(() => ({ organization_id: `dredd-${randomUUID()}` })),
  createSite: withFields(() => ({ site_id: randomUUID() })),
  createDevice: withFields(() => ({ sn: `DREDD-${randomUUID()}` })),
  createFirmwareRelease: withFields(() => ({ version: randomUUID() })),
  async getFirmwareRelease(draft, { findRelease }) {
    draft.path.id = await findRelease('own')
  },
  async updateFirmwareRelease(draft, { findRelease }) {
    draft.path.id = await findRelease('own')
  },
  getConfigurationProfile: ofProfile,
  updateConfigurationProfile: ofProfile,
  updateDevice: ofCharger,
  getDevice: ofCharger,
  listConnectors: ofCharger,
  getComponentHealth: ofCharger,
  listComponentHealth: ofCharger,
  async uploadLog(draft, world) {
    draft.path.token = await world.openUpload()
  },
  listLogs: ofCharger,
  async getLog(draft, world) {
    ofCharger(draft, world)
    const { Accept: wanted } = draft.headers
    draft.path.log_id = await world.uploadLog(wanted?.startsWith('application/json') ? 'text/plain' : wanted!)
  },
  async resetDeviceSecret(draft, { server }) {
    draft.path.id = (await server.charger()).deviceId
  },
  async getChargingRecord(draft, world) {
    draft.path.id = await world.findRecord()
  },
  async getSessionTelemetry(draft, world) {
    Object.assign(draft.path, await world.findSession())
  },
  async getCommand(draft, world) {
    draft.path.id = await world.queueCommand()
  },
  requestDiagnostic: ofCharger,
  startCharging: ofCharger,
  stopCharging: ofCharger,
  startDischarging: ofCharger,
  getSchedule: setSchedule,
  setSchedule: ofCharger,
  deleteSchedule: setSchedule,
  queueCommand: withFields(({ charger }) => ({ device_id: charger.deviceId })),
}
